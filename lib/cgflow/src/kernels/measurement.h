// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_MEASUREMENT_H
#define CGFLOW_KERNELS_MEASUREMENT_H

#include "internal_vector.h"

#include <cstdint>

namespace cgflow::kernels {

/// Ranges of periodic values, and groups of atoms that are equal.
struct InternalRanges {
  struct Range {
    double lo = 0.0;
    double period = 0.0;    ///< 0: not periodic
  };
  /// `count` equal atoms, from `first` on in `ends`, that a rotation of a rotor exchanges. When its coordinate, that of
  /// entry `row`, is k periods above its range, end m gets the label of end m + k.
  struct Rotor {
    int row = 0;
    int first = 0, count = 0;
  };
  std::vector<Range> q;    ///< [3 n - 6], ranges of the entries of internal vectors
  std::vector<Range> z;    ///< [3 n - 6], ranges of the coordinates that are the sources of these entries
  std::vector<Rotor> rotors;
  std::vector<int> ends;
};

/// Distances, angles and dihedrals of a z-matrix in many structures at once, as s and fine. It is the inverse of Placement
/// up to rotation, translation and the labels of equal atoms.
class Measurement {
 public:
  Measurement(InternalLayout layout, InternalSources sources, InternalRanges ranges);

  /// x [batch, n, 3] -> s [n_cv, batch], fine [n_fine, batch] and log_det [batch], as for Placement. A dihedral is not
  /// defined where three successive atoms are collinear.
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
  std::vector<int> order_;    // [n - 1], rows from the second on, first the n_renamed_ rows with an end of a rotor
  int n_renamed_ = 0;
};

}    // namespace cgflow::kernels

#endif
