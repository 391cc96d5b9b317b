// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_BOND_GRAPH_H
#define CGFLOW_SRC_BOND_GRAPH_H

#include "cgflow/molecule.h"

#include <functional>
#include <vector>

namespace cgflow {

/// The bonds of a molecule as a graph: the one adjacency list of the library. Atoms are numbered from 0.
class BondGraph {
 public:
  /// Throws ConfigError when a bond names an atom that does not exist, or the same atom twice.
  explicit BondGraph(const Molecule &molecule);

  int n_atoms() const { return static_cast<int>(neighbours_.size()); }
  /// The atoms bonded to `atom`, ascending.
  const std::vector<int> &neighbours(int atom) const { return neighbours_[atom]; }
  bool bonded(int a, int b) const;
  /// True when the bond a-b is part of a ring: without it its ends stay connected.
  bool in_ring(int a, int b) const;
  /// The number of atoms that are reached from `to` without passing `from`; `to` is counted. The two are bonded.
  int branch_size(int from, int to) const;

  /// Visits breadth first the atoms that bonds connect to `first`: visit(from, to) for each atom when it is reached.
  /// Atoms marked in seen [n_atoms] are left out; visited ones and `first` are marked.
  void walk(int first, std::vector<char> &seen, const std::function<void(int from, int to)> &visit) const;
  /// Throws ConfigError naming the first atoms of two parts (1-based) when the bonds do not connect all atoms.
  void require_connected() const;

 private:
  // Marks the atoms that are reached from `start` when the bond start-without is not used.
  std::vector<bool> reached(int start, int without) const;

  std::vector<std::vector<int>> neighbours_;
};

}    // namespace cgflow

#endif
