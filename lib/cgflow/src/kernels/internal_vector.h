// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_INTERNAL_VECTOR_H
#define CGFLOW_KERNELS_INTERNAL_VECTOR_H

#include <cmath>
#include <utility>
#include <vector>

namespace cgflow::kernels {

/// One row of a z-matrix: `atom` is placed by its distance to `bond`, the angle atom-bond-angle and the dihedral
/// atom-bond-angle-dihedral. The first three rows have -1 for the references that they lack. Atoms are counted from 0.
struct ZRow {
  int atom = -1;
  int bond = -1;
  int angle = -1;
  int dihedral = -1;
  bool operator==(const ZRow &) const = default;
};

/// Positions of the coordinates of a z-matrix in an internal vector q [3 n - 6]: the distances of rows 1 to n - 1 (length
/// units), then the angles of rows 2 to n - 1, then the dihedrals of rows 3 to n - 1 (radians, IUPAC sign). For at least
/// three atoms.
struct InternalLayout {
  explicit InternalLayout(std::vector<ZRow> z) : rows(std::move(z)) {}

  int n_atoms() const { return static_cast<int>(rows.size()); }
  int n_internal() const { return 3 * n_atoms() - 6; }
  int bond(int row) const { return row - 1; }
  int angle(int row) const { return n_atoms() - 1 + row - 2; }
  int dihedral(int row) const { return 2 * n_atoms() - 3 + row - 3; }

  std::vector<ZRow> rows;    ///< each refers to rows above it
};

/// An internal vector as a function of CG variables s [n_cv] and fine coordinates [3 n - 6 - n_cv], together z: a
/// permutation with factors and offsets, then a few couplings between its entries. Of a dense matrix for alanine dipeptide
/// only 66 of 3600 elements would not be zero.
struct InternalSources {
  struct Source {
    int from = 0;           ///< index in z; each is the source of one entry
    double factor = 1.0;    ///< converts the unit of a CG variable
    double offset = 0.0;
  };
  /// q[to] += factor q[from], after all sources. No `from` is a `to`.
  struct Coupling {
    int to = 0, from = 0;
    double factor = 0.0;
  };
  /// ln |dq/dz|.
  double log_factors() const
  {
    double sum = 0.0;
    for (const Source &x : source) sum += std::log(std::fabs(x.factor));
    return sum;
  }

  int n_cv = 0;
  std::vector<Source> source;    ///< [3 n - 6]
  std::vector<Coupling> couplings;
  std::vector<double> lo, hi;    ///< [3 n - 6 - n_cv]: each fine coordinate of a structure lies in (lo, hi)
};

}    // namespace cgflow::kernels

#endif
