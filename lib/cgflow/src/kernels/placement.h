// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_PLACEMENT_H
#define CGFLOW_KERNELS_PLACEMENT_H

#include "internal_vector.h"

#include <cstdint>

namespace cgflow::kernels {

/// Places the atoms of a z-matrix one after the other, for many structures at once, and carries derivatives back. The first
/// atom sits at the origin, the second on +x, the third in the half-plane y > 0.
class Placement {
 public:
  Placement(InternalLayout layout, InternalSources sources);

  const InternalLayout &layout() const { return layout_; }
  const InternalSources &sources() const { return sources_; }

  /// s [n_cv, batch], fine [n_fine, batch] -> x [batch, n, 3], NaN where fine is outside its intervals, and log_det [batch],
  /// ln |dx/d(s, fine)| but for the volume of rotation and translation: the sum of 2 ln |r| and ln |sin(angle)| of all rows,
  /// sizes taken within [1e-100, 1e100], so that it stays finite where there is no structure.
  void place(std::int64_t batch, const double *s, const double *fine, double *x, double *log_det) const;

  /// Derivatives by s [n_cv, batch] and fine [n_fine, batch] of a function whose derivatives are gx [batch, n, 3] by x and
  /// g_log_det [batch] by log_det; either may be null for zeros. Outside its intervals, where x is NaN, gx counts as zero.
  void pull_back(std::int64_t batch, const double *s, const double *fine, const double *gx, const double *g_log_det,
                 double *gs, double *g_fine) const;

 private:
  InternalLayout layout_;
  InternalSources sources_;
  double log_factors_;
};

}    // namespace cgflow::kernels

#endif
