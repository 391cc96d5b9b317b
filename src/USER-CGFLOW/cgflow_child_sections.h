// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_SECTIONS_H
#define LMP_CGFLOW_CHILD_SECTIONS_H

#include "cgflow_child_instance.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Carries the terms that fixes have from sections of the data file over `replicate`: the crossterms of fix cmap. `replicate` refuses
/// fixes with per-atom data, so these fixes are not registered with the atoms while an object of this class lives.
class CGFlowChildSections {
 public:
  /// Whether fixes of this style are carried.
  static bool carries(const std::string &style);

  /// Saves the terms of the molecule, atoms 1 to N. All fixes with per-atom data must be carried. Keeps a reference.
  explicit CGFlowChildSections(CGFlowChildInstance &instance);
  /// Registers the fixes again, also after an error: a fix that is not registered cannot be deleted.
  ~CGFlowChildSections();
  CGFlowChildSections(const CGFlowChildSections &) = delete;
  CGFlowChildSections &operator=(const CGFlowChildSections &) = delete;
  /// After `replicate`: each of the copies gets the terms of the molecule.
  void put_back(int copies);

 private:
  struct Section {
    std::string keyword, lines;    // as in a data file
    int n;                         // lines
  };
  struct Carried {
    class Fix *fix;
    bool grows = false, restarts = false;    // how the fix was registered
    std::vector<Section> sections{};
  };

  void save(Carried &carried) const;
  void register_fixes();

  CGFlowChildInstance &instance_;
  class LAMMPS *lmp_;
  int n_atoms_;
  bool registered_ = false;
  std::vector<Carried> carried_;
};

}    // namespace LAMMPS_NS

#endif
