// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_WHOLE_MOLECULE_H
#define LMP_CGFLOW_WHOLE_MOLECULE_H

#include "lmptype.h"
#include "pointers.h"

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
  /// all members. An error when the molecule has a gap that leaves its shape unclear.
  void join(const char *where, tagint molecule, int first, int n, double *x, double *y, double *z);

  double memory_usage() const;

 private:
  struct Link {
    int atom, parent;
  };
  bool follow(const Link *chain, int n, double *x, double *y, double *z, double &longest) const;
  void find_chain(Link *chain, int n, const double *x, const double *y, const double *z) const;
  double shortest_edge() const;
  void warn_if_long(const char *where, tagint molecule, int n, const double *x, const double *y, const double *z);

  std::vector<Link> chains_;    // atom -1: not yet found
  bool warned_ = false;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
