// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_PROPERTIES_H
#define LMP_CGFLOW_CHILD_PROPERTIES_H

#include "cgflow_child_instance.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Carries the values of fix property/atom of a molecule over `replicate`, which refuses fixes with per-atom data. The constructor
/// removes the fixes, put_back() creates them again.
class CGFlowChildProperties {
 public:
  /// The first fix with per-atom data that cannot be carried, as "fix ID of style STYLE"; "" when there is none.
  static std::string obstacle(class LAMMPS *child);

  /// Saves the values and the fixes of the molecule, atoms 1 to N, and removes the fixes. Keeps a reference.
  explicit CGFlowChildProperties(CGFlowChildInstance &instance);
  /// After `replicate`: atom k + c N gets the values of atom k; molecule IDs of a fix are 1, 2, ... by copy. False when a
  /// property would get another index; the instance is of no further use then.
  bool put_back();

 private:
  struct Property {
    std::string name, word;    // in class Atom, and in the fix command
    int keyword = -1;          // index in the table of keywords such as rmass, -1 for a custom property
    int index = -1, is_double = 1, columns = 0;
    bool owned = false;              // by one of the fixes
    std::vector<double> values{};    // [n_atoms, max(1, columns)]
  };

  void note_custom(const char *name);
  bool exists(const Property &property) const;
  double get(const Property &property, int i, int column) const;
  void set(const Property &property, int i, int column, double value) const;
  void take_out(class Fix *fix);

  CGFlowChildInstance &instance_;
  class LAMMPS *lmp_;
  int n_atoms_;
  std::vector<Property> properties_;
  std::vector<std::string> commands_;    // create the fixes
};

}    // namespace LAMMPS_NS

#endif
