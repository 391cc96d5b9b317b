// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_STRUCTURE_REPORT_H
#define CGFLOW_STRUCTURE_REPORT_H

#include "cgflow/backmap.h"
#include "cgflow/molecule.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cgflow {

/// What drawn structures of a molecule look like, from their coordinates alone. Shares are of structures, unweighted.
struct StructureReport {
  std::vector<int> stereo_centres;    ///< atoms, from 0
  std::string hands;         ///< of each centre in the molecule's own configuration: L or D for an amino acid, else ?
  double same_hand = 1.0;    ///< share whose centres are all as in the molecule's own configuration
  int peptide_bonds = 0;
  double trans = 1.0;    ///< share whose peptide bonds all have |omega| > 90 degrees
};

/// For x [n, n_atoms, 3], n > 0.
StructureReport report_structures(const Molecule &molecule, const std::vector<double> &x);

/// Takes out the frames whose coordinates are not finite: they lie outside the domain of the coordinates, are no structures and
/// have weight zero. Returns how many there were.
std::int64_t drop_undefined(Structures &structures, int n_cv, int n_atoms);

}    // namespace cgflow

#endif
