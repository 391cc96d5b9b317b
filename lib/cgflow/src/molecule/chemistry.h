// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CHEMISTRY_H
#define CGFLOW_SRC_CHEMISTRY_H

#include "cgflow/molecule.h"

#include <vector>

namespace cgflow {

/// What masses and bonds say of a molecule's atoms. Elements are told by their masses in g/mol. Atoms are numbered from 0.
/// The molecule is kept by reference.
class Chemistry {
 public:
  explicit Chemistry(const Molecule &molecule);

  int n_atoms() const { return molecule_.n_atoms(); }
  /// Ascending.
  const std::vector<int> &neighbours(int i) const { return neighbours_[i]; }
  double mass(int i) const { return molecule_.mass[i]; }

  bool is_hydrogen(int i) const;
  bool is_carbon(int i) const;
  bool is_nitrogen(int i) const;
  bool is_terminal_oxygen(int i) const;
  bool is_carbonyl(int i) const;
  /// A C-N bond between atoms of three neighbours each, as in peptides: the molecule does not turn freely about it.
  bool is_conjugated(int i, int j) const;
  /// Light atoms with three neighbours, amines say, may turn inside out.
  bool inverts(int i) const;

 private:
  bool is(int i, double mass) const;

  const Molecule &molecule_;
  std::vector<std::vector<int>> neighbours_;
};

}    // namespace cgflow

#endif
