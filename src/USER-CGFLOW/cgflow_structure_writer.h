// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_STRUCTURE_WRITER_H
#define LMP_CGFLOW_STRUCTURE_WRITER_H

#include "cgflow/backmap.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// How to write the structures.
struct CGFlowStructureFile {
  std::string path;
  /// Dump style, its arguments after the file name, then possibly the word modify and arguments of dump_modify, as in
  /// write_dump; empty: custom id type x y z with 10 digits.
  std::vector<std::string> style;
  /// Also PATH.weights: frame, point (from 1), the CG variables, lnw, lnW.
  bool weights = false;
};

/// Writes structures as a LAMMPS dump, one frame per structure with its number as timestep, and their weights. Each file is written
/// whole or not at all, and neither when one fails. `instance` has executed the atomistic script, whose system is dumped; forces,
/// energies and computes in the columns are those of the frame. Without an instance the dump is text with columns id x y z, and no
/// other style is allowed. Throws cgflow::Error. Not collective: one rank calls it.
void cgflow_write_structures(class LAMMPS *lmp, class CGFlowChildInstance *instance, const cgflow::Structures &structures,
                             const cgflow::Model &model, const CGFlowStructureFile &file);

}    // namespace LAMMPS_NS

#endif
