// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_LABELS_H
#define LMP_CGFLOW_CHILD_LABELS_H

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// [atoms, by ID] The label of each atom's type in a child instance: its type label (labelmap), or the first word of the comment after
/// its mass in the Masses section of a data file. Empty when a type has none. A data file that cannot be read has no labels.
std::vector<std::string> cgflow_child_labels(class CGFlowChildInstance &instance);

}    // namespace LAMMPS_NS

#endif
