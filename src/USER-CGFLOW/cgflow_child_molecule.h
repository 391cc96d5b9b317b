// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_MOLECULE_H
#define LMP_CGFLOW_CHILD_MOLECULE_H

#include "cgflow/molecule.h"

namespace LAMMPS_NS {

/// The molecule of a child instance as its script left it: atom IDs 1 to N on one rank. Its configuration is unwrapped by
/// image flags and, unless positions are absolute, made whole along its bonds.
cgflow::Molecule cgflow_child_molecule(class LAMMPS *child, bool absolute);

}    // namespace LAMMPS_NS

#endif
