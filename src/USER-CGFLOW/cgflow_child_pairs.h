// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_PAIRS_H
#define LMP_CGFLOW_CHILD_PAIRS_H

#include <string>

namespace LAMMPS_NS {

/// What to write into a script instead of a long-range sum: a style that exists, and a cutoff beyond the molecule.
std::string cgflow_child_short_range(class LAMMPS *child);

/// The text of an error of LAMMPS itself, with what to do about it where it is known.
std::string cgflow_child_with_help(class LAMMPS *child, const std::string &error);

/// Why a many-body style (ReaxFF, machine-learned potentials) gets wrong lists of neighbors: special_bonds removes pairs of bonded atoms from
/// them. Empty when it does not. LAMMPS only warns.
std::string cgflow_child_missing_pairs(class LAMMPS *child);

/// How a molecule of a force field without bonds is written, for messages.
extern const char *const kCGFlowBondsWithoutTerms;

}    // namespace LAMMPS_NS

#endif
