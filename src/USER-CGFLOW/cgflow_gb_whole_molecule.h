// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GB_WHOLE_MOLECULE_H
#define LMP_CGFLOW_GB_WHOLE_MOLECULE_H

#include "lmptype.h"
#include "pointers.h"

#include <string>
#include <vector>

namespace LAMMPS_NS::CGFlow {

/// Makes molecules whole that periodic boundaries cut, without image flags, which data files and dumps may lack. Each atom
/// moves to its image closest to a neighbor. These links form the shortest tree that joins all atoms. The tree is kept while
/// its links stay short, so that a step costs one closest image per atom.
class WholeMolecule : protected Pointers {
 public:
  explicit WholeMolecule(LAMMPS *lmp) : Pointers(lmp) {}

  /// Forgets all trees. `members` is the number of atoms of all molecules together.
  void reset(int members);
  /// Moves the n atoms at x, y, z to images near the first of them. `first` is their position among all members, under which
  /// their tree is kept. Returns the error text for a molecule whose gaps leave its shape ambiguous, and otherwise an empty
  /// text.
  [[nodiscard]] std::string join(tagint molecule, int first, int n, double *x, double *y, double *z);
  /// ID of a molecule on this rank that was longer than the box when its tree was found; 0 if there is none.
  tagint long_molecule() const { return long_molecule_; }

  double memory_usage() const;

 private:
  struct Link {
    int atom, parent;
  };
  bool follow(const Link *chain, int n, double *x, double *y, double *z, double &longest) const;
  void find_chain(Link *chain, int n, const double *x, const double *y, const double *z) const;
  double shortest_edge() const;
  bool longer_than_box(int n, const double *x, const double *y, const double *z) const;

  std::vector<Link> chains_;    // [members], each atom and its neighbor; atom -1: not yet found
  tagint long_molecule_ = 0;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
