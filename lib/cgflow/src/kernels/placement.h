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

  /// s [n_cv, batch], fine [n_fine, batch] -> x [batch, n, 3] and log_det [batch]. x is NaN where fine is outside its
  /// intervals. log_det is ln |dx/d(s, fine)| without the volume of rotation and translation: the sum of 2 ln |r| and ln
  /// |sin(angle)| over all rows. Their sizes are taken within [1e-100, 1e100], so that log_det stays finite where there is
  /// no structure.
  void place(std::int64_t batch, const double *s, const double *fine, double *x, double *log_det) const;

  /// Where derivatives by s [n_cv, batch] and fine [n_fine, batch] are written.
  struct Gradient {
    double *s = nullptr;
    double *fine = nullptr;
  };
  /// Carries derivatives back in one pass: those of a function by x, gx [batch, n, 3], to by_x, and those by log_det,
  /// g_log_det [batch], to by_log_det. Their sum is the derivative of a function of both. A null gx or g_log_det leaves out
  /// its part. gx counts as zero where fine is outside its intervals.
  void pull_back(std::int64_t batch, const double *s, const double *fine, const double *gx, const double *g_log_det,
                 const Gradient &by_x, const Gradient &by_log_det) const;

 private:
  InternalLayout layout_;
  InternalSources sources_;
  double log_factors_;
};

}    // namespace cgflow::kernels

#endif
