// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_CHECKS_H
#define LMP_CGFLOW_CHILD_CHECKS_H

#include <string>

namespace LAMMPS_NS {

/// Refuses what an atomistic script may not define: no atoms, several molecules, atom IDs other than 1..N, units other
/// than the parent's, a triclinic box, a shrink-wrapped one when positions are absolute, kspace, fixes that integrate,
/// constrain, move or write, dumps and restarts. Throws cgflow::EnergyError naming what was got and what is allowed.
void cgflow_check_child_system(class LAMMPS *child, const std::string &parent_units, bool absolute);

/// The reason why a fix of this style may not even be created; empty when it may. Constraints search for their clusters when they
/// are created, and a molecule's own script must not begin to learn.
std::string cgflow_refused_fix(const std::string &style);

/// IDs of the fixes whose energy compute pe/atom does not contain, because they have no per-atom energies, for messages; empty when there
/// is none.
std::string cgflow_child_global_energies(class LAMMPS *child);

/// IDs of the fixes whose energy may depend on where the molecule is (all but cmap), for messages; empty when there is none.
std::string cgflow_child_energy_fixes(class LAMMPS *child);

/// True when the setup of a run takes longer than the forces of 64 copies: fix cmap makes splines of all of its maps, in 5 ms.
bool cgflow_child_setup_is_slow(class LAMMPS *child);

/// IDs of the fixes that could add their energy to the system's but do not, for messages; empty when there is none.
std::string cgflow_child_silent_fixes(class LAMMPS *child);

/// How far atoms see each other after a first run, length units.
double cgflow_child_reach(class LAMMPS *child);

/// The cutoff of pair energies after a first run, length units; infinity when no pair style has one.
double cgflow_child_cutoff(class LAMMPS *child);

}    // namespace LAMMPS_NS

#endif
