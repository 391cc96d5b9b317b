// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_STRUCTURE_WRITER_H
#define LMP_CGFLOW_STRUCTURE_WRITER_H

#include "cgflow/backmap.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Writes drawn structures as a LAMMPS dump, one frame each with its number as timestep, whole or not at all. With an
/// atomistic script its own system is dumped in any style; without one the dump is text with columns id x y z.
/// `style` holds the dump style and its arguments after the file name; empty: custom id type x y z. Throws
/// cgflow::Error. Not collective: one rank calls it.
void cgflow_write_structures(class LAMMPS *lmp, class CGFlowChildInstance *instance, const cgflow::Structures &structures,
                             int n_atoms, const std::string &path, const std::vector<std::string> &style);

/// Writes PATH.weights: frame, point (from 1), the CG variables, lnw, lnW.
void cgflow_write_weights(const cgflow::Structures &structures, const cgflow::CgSpace &space, const std::string &path);

}    // namespace LAMMPS_NS

#endif
