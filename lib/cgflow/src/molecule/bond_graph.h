// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_BOND_GRAPH_H
#define CGFLOW_SRC_BOND_GRAPH_H

#include "cgflow/molecule.h"

#include <vector>

namespace cgflow {

/// The bonds of a molecule as a graph. Atoms are numbered from 0.
class BondGraph {
 public:
  /// Throws ConfigError when a bond names an atom that is not there, or an atom twice.
  explicit BondGraph(const Molecule &molecule);

  int n_atoms() const { return static_cast<int>(neighbours_.size()); }
  /// Ascending.
  const std::vector<int> &neighbours(int atom) const { return neighbours_[atom]; }
  bool bonded(int a, int b) const;
  /// True when the bond a-b is part of a ring: without it its ends stay connected.
  bool in_ring(int a, int b) const;
  /// Atoms that are reached from `to` without passing `from`, both a bond's ends; `to` is counted.
  int branch_size(int from, int to) const;

 private:
  // Atoms reached from `start` when the bond start-without is not used.
  std::vector<bool> reached(int start, int without) const;

  std::vector<std::vector<int>> neighbours_;
};

}    // namespace cgflow

#endif
