// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CHEMISTRY_H
#define CGFLOW_SRC_CHEMISTRY_H

#include "molecule/bond_graph.h"
#include "molecule/elements.h"

#include "cgflow/molecule.h"

#include <vector>

namespace cgflow {

/// Properties of a molecule's atoms by their masses and bonds, see find_elements(). Atoms are numbered from 0. The molecule
/// is kept by reference.
class Chemistry {
 public:
  explicit Chemistry(const Molecule &molecule);

  int n_atoms() const { return molecule_.n_atoms(); }
  /// The atoms bonded to atom i, ascending.
  const std::vector<int> &neighbours(int i) const { return graph_.neighbours(i); }
  /// The mass that tells atom i from others: of its element where the user gives elements.
  double mass(int i) const { return molecule_.elements.empty() ? molecule_.mass[i] : elements_.mass[i]; }
  const BondGraph &graph() const { return graph_; }
  const Elements &elements() const { return elements_; }

  bool is_hydrogen(int i) const;
  bool is_carbon(int i) const;
  bool is_nitrogen(int i) const;
  bool is_terminal_oxygen(int i) const;
  bool is_carbonyl(int i) const;
  /// True for a C-N bond between atoms of three neighbors each, as in peptides: the molecule does not turn freely about it.
  bool is_conjugated(int i, int j) const;
  /// True for an atom that may turn inside out: a light one with three neighbors, such as the nitrogen of an amine.
  bool inverts(int i) const;

 private:
  bool is(int i, Element element) const { return elements_.of[i] == element; }

  const Molecule &molecule_;
  BondGraph graph_;
  Elements elements_;
};

}    // namespace cgflow

#endif
