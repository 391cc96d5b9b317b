// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_RQ_SPLINE_H
#define CGFLOW_SRC_RQ_SPLINE_H

#include "tensor.h"

namespace cgflow {

/// Monotone rational-quadratic splines (Durkan et al., NeurIPS 2019) on [-half_width, half_width], elementwise.
struct SplineShape {
  int bins = 8;
  double half_width = 5.0;
  bool circular = false;    ///< equal derivatives at both ends, on a circle; else derivative 1 there and identity outside

  /// Raw parameters an element: widths, heights, derivatives at the knots inside (circular: and at the ends).
  int n_parameters() const { return circular ? 3 * bins : 3 * bins - 1; }
};

constexpr double kMinBinWidth = 1e-3;     // of the whole width
constexpr double kMinBinHeight = 1e-3;    // of the whole height
constexpr double kMinDerivative = 1e-3;

struct SplineResult {
  Tensor y;          // [batch, n]
  Tensor log_det;    // [batch, n], ln |dy/dx| of the direction taken
};
/// x [batch, n], raw parameters [batch, n, n_parameters()]; all raw parameters zero is the identity. Differentiable in
/// both. A circular x must lie in [-half_width, half_width].
SplineResult rq_spline_forward(const Tensor &x, const Tensor &parameters, const SplineShape &shape);
SplineResult rq_spline_inverse(const Tensor &y, const Tensor &parameters, const SplineShape &shape);

}    // namespace cgflow

#endif
