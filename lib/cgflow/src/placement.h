// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_PLACEMENT_H
#define CGFLOW_SRC_PLACEMENT_H

#include "zmatrix.h"

#include <vector>

namespace cgflow {

/// Places the atoms of a z-matrix one after the other, and carries derivatives back. Plain loops, one structure at a time.
///
/// An internal vector q [3 n - 6] holds the distances of rows 1 to n - 1 (length units), then the angles of rows 2 to n - 1,
/// then the dihedrals of rows 3 to n - 1 (radians, IUPAC sign). The first atom sits at the origin, the second on +x, the
/// third in the half-plane y > 0.
class Placement {
 public:
  explicit Placement(std::vector<ZRow> rows) : rows_(std::move(rows)) {}

  int n_atoms() const { return static_cast<int>(rows_.size()); }
  int n_internal() const { return 3 * n_atoms() - 6; }
  int bond(int row) const { return row - 1; }
  int angle(int row) const { return n_atoms() - 1 + row - 2; }
  int dihedral(int row) const { return 2 * n_atoms() - 3 + row - 3; }

  /// q [3 n - 6] -> x [n, 3].
  void place(const double *q, double *x) const;
  /// d/dq [3 n - 6] of a function whose derivative at x [n, 3] is g [n, 3]; g is used up.
  void pull_back(const double *q, const double *x, double *g, double *gq) const;

 private:
  std::vector<ZRow> rows_;
};

}    // namespace cgflow

#endif
