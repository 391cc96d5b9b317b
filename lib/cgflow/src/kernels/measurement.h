// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_MEASUREMENT_H
#define CGFLOW_KERNELS_MEASUREMENT_H

#include "internal_vector.h"

#include <cstdint>

namespace cgflow::kernels {

/// Where values that repeat are taken, and which atoms have equal names.
struct InternalRanges {
  struct Range {
    double lo = 0.0;
    double period = 0.0;    ///< 0: not periodic
  };
  /// `count` equal atoms, from `first` on in `ends`, that a turn of a rotor exchanges: when its coordinate, that of entry
  /// `row`, is k periods above its range, end m is renamed to end m + k.
  struct Rotor {
    int row = 0;
    int first = 0, count = 0;
  };
  std::vector<Range> q;    ///< [3 n - 6], of internal vectors as they are measured
  std::vector<Range> z;    ///< [3 n - 6], of the coordinates that are the sources of their entries
  std::vector<Rotor> rotors;
  std::vector<int> ends;
};

/// Distances, angles and dihedrals of a z-matrix in many structures at once, as s and fine: undoes Placement, up to rotation,
/// translation and the names of equal atoms.
class Measurement {
 public:
  Measurement(InternalLayout layout, InternalSources sources, InternalRanges ranges);

  /// x [batch, n, 3] -> s [n_cv, batch], fine [n_fine, batch] and log_det [batch] as of Placement. Where three atoms in a row
  /// are collinear a dihedral is not defined.
  void measure(std::int64_t batch, const double *x, double *s, double *fine, double *log_det) const;

  /// Derivative by x [batch, n, 3] of a function whose derivatives are gs [n_cv, batch], g_fine [n_fine, batch] and
  /// g_log_det [batch].
  void pull_back(std::int64_t batch, const double *x, const double *gs, const double *g_fine, const double *g_log_det,
                 double *gx) const;

 private:
  InternalLayout layout_;
  InternalSources sources_;
  InternalRanges ranges_;
  double log_factors_;
  std::vector<int> order_;    // [n - 1], rows from the second on: first the n_renamed_ that an end of a rotor takes part in
  int n_renamed_ = 0;
};

}    // namespace cgflow::kernels

#endif
