// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GB_MOLECULE_MEMBERS_H
#define LMP_CGFLOW_GB_MOLECULE_MEMBERS_H

#include "lmptype.h"
#include "pointers.h"

#include <vector>

namespace LAMMPS_NS::CGFlow {

/// Lists all atoms of each molecule that has an atom on this rank, including those that other ranks own. All ranks list the
/// atoms of a molecule in the order of their IDs, so that they compute the same bits.
class MoleculeMembers : protected Pointers {
 public:
  explicit MoleculeMembers(LAMMPS *lmp) : Pointers(lmp) {}

  /// Updates the lists after atoms have changed owners; returns whether they changed. Collective. Throws for atoms without a
  /// molecule, with a text that begins with `where`.
  bool refresh(const char *where);

  int molecules() const { return static_cast<int>(first_.size()) - 1; }
  tagint id(int m) const { return ids_[m]; }
  int size(int m) const { return first_[m + 1] - first_[m]; }
  /// Records of the atoms of molecule m: below nlocal the index of an own atom, otherwise a record that exchange() receives.
  const int *members(int m) const { return members_.data() + first_[m]; }
  /// Position of the first atom of molecule m in the list of all members.
  int first(int m) const { return first_[m]; }
  int total() const { return static_cast<int>(members_.size()); }

  /// Number of records that exchange() appends.
  int remote() const { return remote_; }
  /// Appends to the records of own atoms, [nlocal, width], those of atoms of shared molecules, [remote(), width].
  /// Collective.
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
  std::vector<int> sent_;                          // own atoms of shared molecules, in the order of sending
  std::vector<int> atoms_of_, counts_, starts_;    // [ranks], number of atoms that each rank sends
  std::vector<double> buffer_;
  int remote_ = 0;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
