// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_MOLECULE_H
#define LMP_CGFLOW_CHILD_MOLECULE_H

#include "cgflow/model.h"
#include "cgflow/molecule.h"

#include <string>

namespace LAMMPS_NS {

/// The molecule of a child instance as its script left it: atom IDs 1 to N on one rank. Its configuration is unwrapped by
/// image flags and, unless positions are absolute, made whole along its bonds.
cgflow::Molecule cgflow_child_molecule(class LAMMPS *child, bool absolute);

/// Throws cgflow::ModelError when `here`, the molecule of the atomistic script `script`, is not the model's. `file` names the
/// model in the text; empty: it has no file yet.
void cgflow_require_same_molecule(const cgflow::Model &model, const std::string &file, const cgflow::Molecule &here,
                                  const std::string &script);

}    // namespace LAMMPS_NS

#endif
