// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GB_WHOLE_MOLECULE_H
#define LMP_CGFLOW_GB_WHOLE_MOLECULE_H

#include "lmptype.h"
#include "pointers.h"

#include <string>
#include <vector>

namespace LAMMPS_NS::CGFlow {

/// Makes molecules whole that periodic boundaries cut. Image flags are not asked: data files and dumps may lack them.
/// Each atom follows an atom near it at the closest image; the chain of these neighbours, the shortest one that joins all
/// atoms, is kept while its links stay short, so that a step costs one closest image an atom.
class WholeMolecule : protected Pointers {
 public:
  explicit WholeMolecule(LAMMPS *lmp) : Pointers(lmp) {}

  /// Forgets all chains; `members` atoms are in all molecules together.
  void reset(int members);
  /// Moves the n atoms at x, y, z to images near the first of them. Their chain is kept under `first`, their place among
  /// all members. Returns what is wrong with a molecule whose gaps leave its shape unclear; empty when all is well.
  [[nodiscard]] std::string join(tagint molecule, int first, int n, double *x, double *y, double *z);
  /// A molecule on this rank that was longer than the box when its chain was found; 0 if none.
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

  std::vector<Link> chains_;    // atom -1: not yet found
  tagint long_molecule_ = 0;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
