// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_RQ_SPLINES_H
#define CGFLOW_KERNELS_RQ_SPLINES_H

#include "direction.h"

#include <cstdint>

namespace cgflow::kernels {

constexpr int kMaxBins = 256;
constexpr double kMinBinWidth = 1e-3;     // of the whole width
constexpr double kMinBinHeight = 1e-3;    // of the whole height
constexpr double kMinDerivative = 1e-3;

/// Monotone rational-quadratic splines (Durkan et al., NeurIPS 2019) on [-half_width, half_width], one for each of `n`
/// coordinates of each sample. On the line: derivative 1 at the ends and identity outside. On the circle: equal derivatives
/// at the ends, and the image is turned by an angle, the first raw parameter; the result is in [-half_width, half_width).
/// Raw parameters r enter as limit tanh(gain / limit r), or as they are where the limit is 0; the turn always as it is.
struct RqSplines {
  int bins = 8;    ///< 2 to kMaxBins
  double half_width = 5.0;
  bool circular = false;
  double limit = 0.0;
  double gain = 1.0;
  int n = 0;
  const std::int64_t *rows = nullptr;    ///< [n], rows of x and y that they map
  std::int64_t first = 0;                ///< row of the raw parameters where those of the first coordinate begin

  /// Raw parameters of a coordinate: (turn,) widths, heights, derivatives at the knots inside (circle: and at the ends).
  int n_parameters() const { return circular ? 1 + 3 * bins : 3 * bins - 1; }
};

/// Maps rows of x [any, batch] to the same rows of y by raw parameters [any, batch], and adds ln |dy/dx| of the direction taken
/// to log_det [batch]. Other rows of y are left alone; y may be x. Raw is float or double; all else is computed in double.
template <class Raw>
void map_rq_splines(const RqSplines &splines, Direction direction, std::int64_t batch, const double *x, const Raw *raw,
                    double *y, double *log_det);

/// Derivatives of a function with the derivatives gy [any, batch] and g_log_det [batch]: gx (those rows alone) and, unless
/// null, graw. Everything else is computed anew from x and raw.
template <class Raw>
void pull_back_rq_splines(const RqSplines &splines, Direction direction, std::int64_t batch, const double *x, const Raw *raw,
                          const double *gy, const double *g_log_det, double *gx, Raw *graw);

}    // namespace cgflow::kernels

#endif
