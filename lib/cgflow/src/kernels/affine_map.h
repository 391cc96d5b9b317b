// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_AFFINE_MAP_H
#define CGFLOW_KERNELS_AFFINE_MAP_H

#include "direction.h"

#include <cstdint>

namespace cgflow::kernels {

/// y = m + D (1 + L) x for `n` coordinates of each sample: mean m, positive diagonal D, and L strictly lower triangular or
/// zero. ln D is limit tanh(r / limit) of its raw parameter r; m and L are raw parameters themselves. The inverse uses
/// forward substitution.
struct AffineMap {
  int n = 0;
  const std::int64_t *rows = nullptr;    ///< [n], rows of x and y that it maps
  double limit = 1.0;
  /// Rows of the raw parameters: m of coordinate i is at step i, ln D at step i + scale, and L_ij, j < i, at
  /// lower + i (i - 1) / 2 + j.
  std::int64_t step = 1;
  std::int64_t scale = 0;
  bool mixes = false;    ///< whether L is not zero
  std::int64_t lower = 0;

  std::int64_t n_parameters() const { return mixes ? 2 * n + std::int64_t{n} * (n - 1) / 2 : 2 * n; }
};

/// Maps rows of x [any, batch] to the same rows of y by raw parameters [n_parameters(), batch], and adds ln |dy/dx| of the
/// direction taken to log_det [batch]. Other rows of y stay unchanged; y may not be x. Raw is float or double.
template <class Raw>
void map_affine(const AffineMap &map, Direction direction, std::int64_t batch, const double *x, const Raw *raw, double *y,
                double *log_det);

/// From the derivatives of a function by y, gy [any, batch], and by log_det, g_log_det [batch]: writes those by x to the
/// same rows of gx and, unless graw is null, those by the raw parameters. y is the result of map_affine(). gx may not be gy.
template <class Raw>
void pull_back_affine(const AffineMap &map, Direction direction, std::int64_t batch, const double *x, const double *y,
                      const Raw *raw, const double *gy, const double *g_log_det, double *gx, Raw *graw);

}    // namespace cgflow::kernels

#endif
