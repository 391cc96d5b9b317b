// SPDX-License-Identifier: GPL-2.0-only
// What the log of a start says about a molecule's chemistry.
#ifndef CGFLOW_SRC_RECOGNITION_H
#define CGFLOW_SRC_RECOGNITION_H

#include "cgflow/config.h"
#include "cgflow/molecule.h"

#include <string>
#include <vector>

namespace cgflow {

/// At most seven short lines: elements that the user gives; heavy hydrogens and isotopes; stereo centers; C-N bonds that do not rotate; the groups of atoms
/// that are taken as equal, numbered from 0; atoms that can invert; rings. Each is left out when there are none. Atom IDs in
/// the lines are 1-based.
std::vector<std::string> recognized_chemistry(const Molecule &molecule, const CoordinatesConfig &config,
                                              const std::vector<std::vector<int>> &equal_atoms);

/// A warning that names the atoms whose masses tell no element, and what follows; empty when there are none.
std::string unknown_elements(const Molecule &molecule);

}    // namespace cgflow

#endif
