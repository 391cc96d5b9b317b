// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_EQUAL_ATOMS_H
#define CGFLOW_SRC_EQUAL_ATOMS_H

#include "coordinates/coordinates.h"

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"

#include <cstdint>

namespace cgflow {

/// Checks at `start` that the force field treats the atoms as equal that the map treats so. It takes one evaluation for each
/// group and one more, divided over the ranks, and returns their number. Throws ModelError naming the atoms otherwise, or
/// EnergyError when the energies fail. Collective: every rank throws the same.
std::int64_t require_equal_atoms(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                                 Communicator &comm);

}    // namespace cgflow

#endif
