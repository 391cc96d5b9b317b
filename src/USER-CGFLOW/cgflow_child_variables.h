// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_VARIABLES_H
#define LMP_CGFLOW_CHILD_VARIABLES_H

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// A variable of the parent with its present value, for the child that executes an atomistic script.
struct CGFlowVariable {
  std::string name, value;
};

/// The variables of the parent that the script may use. A variable that the script defines in a style other than index is its own and
/// left out. Formulas of the parent are evaluated only when the script names them: evaluation may advance a random number or fail
/// between runs.
///
/// Collective over the parent's world, because a formula may hold a sum over its ranks. The first rank reads the script for all, so
/// that all ranks evaluate the same formulas; throws cgflow::EnergyError on all ranks alike.
std::vector<CGFlowVariable> cgflow_child_variables(class LAMMPS *parent, const std::string &script);

}    // namespace LAMMPS_NS

#endif
