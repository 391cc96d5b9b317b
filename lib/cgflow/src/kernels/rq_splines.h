// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_RQ_SPLINES_H
#define CGFLOW_KERNELS_RQ_SPLINES_H

#include "direction.h"

#include <cstdint>

namespace cgflow::kernels {

constexpr int kMaxBins = 256;             ///< limit of `flow: bins`, which sizes the buffers
constexpr double kMinBinWidth = 1e-3;     // as a fraction of the whole width
constexpr double kMinBinHeight = 1e-3;    // as a fraction of the whole height
constexpr double kMinDerivative = 1e-3;

/// Monotone rational-quadratic splines (Durkan et al., NeurIPS 2019) on [-half_width, half_width], one for each of `n`
/// coordinates of each sample. On an interval: derivative 1 at the ends and identity outside. On the circle: equal
/// derivatives at the ends, then a rotation by an angle, the first raw parameter; the result is in [-half_width,
/// half_width). Raw parameters r enter as limit tanh(gain / limit r), or unchanged where the limit is 0; the rotation always
/// unchanged.
struct RqSplines {
  int bins = 8;    ///< 2 to kMaxBins
  double half_width = 5.0;
  bool circular = false;
  double limit = 0.0;
  double gain = 1.0;
  int n = 0;
  const std::int64_t *rows = nullptr;    ///< [n], rows of x and y that they map
  std::int64_t first = 0;                ///< first row of the raw parameters of the first coordinate

  /// Raw parameters of a coordinate: (rotation,) widths, heights, derivatives at the inner knots (circle: and at the ends).
  int n_parameters() const { return circular ? 1 + 3 * bins : 3 * bins - 1; }
};

/// Maps rows of x [any, batch] to the same rows of y by raw parameters [any, batch], and adds ln |dy/dx| of the direction
/// taken to log_det [batch]. Other rows of y stay unchanged; y may be x. Raw is float or double; the arithmetic is double.
template <class Raw>
void map_rq_splines(const RqSplines &splines, Direction direction, std::int64_t batch, const double *x, const Raw *raw,
                    double *y, double *log_det);

/// From the derivatives of a function by y, gy [any, batch], and by log_det, g_log_det [batch]: writes those by x to the
/// same rows of gx and, unless graw is null, those by the raw parameters. Intermediate values are recomputed from x and raw.
template <class Raw>
void pull_back_rq_splines(const RqSplines &splines, Direction direction, std::int64_t batch, const double *x, const Raw *raw,
                          const double *gy, const double *g_log_det, double *gx, Raw *graw);

}    // namespace cgflow::kernels

#endif
