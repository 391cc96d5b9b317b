// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_STRUCTURE_REPORT_H
#define CGFLOW_STRUCTURE_REPORT_H

#include "cgflow/backmap.h"
#include "cgflow/molecule.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cgflow {

/// Statistics of drawn structures of a molecule by their coordinates. Fractions are of structures, unweighted.
struct StructureReport {
  std::vector<int> stereo_centres;    ///< atoms, from 0
  std::string hands;         ///< chirality of each center in the molecule's own structure: L or D for an amino acid, else ?
  double same_hand = 1.0;    ///< fraction whose centers all have the chirality of the molecule's own structure
  int peptide_bonds = 0;
  double trans = 1.0;    ///< fraction whose peptide bonds all have |omega| > 90 degrees
};

/// The report of the structures x [n, n_atoms, 3], n > 0.
StructureReport report_structures(const Molecule &molecule, const std::vector<double> &x);

/// Removes the frames whose coordinates are not finite: they lie outside the domain of the coordinates and have the
/// weight zero. Returns the number of removed frames.
std::int64_t drop_undefined(Structures &structures, int n_cv, int n_atoms);

}    // namespace cgflow

#endif
