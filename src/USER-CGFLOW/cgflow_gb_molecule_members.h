// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GB_MOLECULE_MEMBERS_H
#define LMP_CGFLOW_GB_MOLECULE_MEMBERS_H

#include "lmptype.h"
#include "pointers.h"

#include <vector>

namespace LAMMPS_NS::CGFlow {

/// The atoms of each molecule that has an atom on this rank, also those that other ranks own. Ranks that share a molecule
/// see its atoms in the same order, that of their IDs, so that they compute the same bits.
class MoleculeMembers : protected Pointers {
 public:
  explicit MoleculeMembers(LAMMPS *lmp) : Pointers(lmp) {}

  /// Brings the lists up to date with who owns which atom; true when they changed. Collective. `where` begins the text of
  /// the error for atoms without a molecule.
  bool refresh(const char *where);

  int molecules() const { return static_cast<int>(first_.size()) - 1; }
  tagint id(int m) const { return ids_[m]; }
  int size(int m) const { return first_[m + 1] - first_[m]; }
  /// Records of molecule m's atoms: below nlocal the index of an own atom, else what exchange() receives.
  const int *members(int m) const { return members_.data() + first_[m]; }
  /// Position of molecule m's first atom in a list of all members.
  int first(int m) const { return first_[m]; }
  int total() const { return static_cast<int>(members_.size()); }

  /// Records that exchange() appends.
  int remote() const { return remote_; }
  /// Appends to the records of own atoms, [nlocal, width], those of molecules that are shared: [remote(), width]. Collective.
  void exchange(double *records, int width);

  double memory_usage() const;

 private:
  struct Entry {
    tagint molecule, tag;
    int record;
  };
  bool changed();
  void share(std::vector<Entry> &entries);

  std::vector<tagint> tags_, molecules_;    // of own atoms, as of the last refresh()
  std::vector<tagint> ids_;                 // [molecules]
  std::vector<int> first_ = {0};            // [molecules + 1]
  std::vector<int> members_;
  std::vector<int> sent_;                          // own atoms of shared molecules, in the order they are sent
  std::vector<int> atoms_of_, counts_, starts_;    // [ranks], atoms that each sends
  std::vector<double> buffer_;
  int remote_ = 0;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
