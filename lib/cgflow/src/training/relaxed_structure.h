// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_RELAXED_STRUCTURE_H
#define CGFLOW_SRC_RELAXED_STRUCTURE_H

#include "coordinates/coordinates.h"

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"

#include <cstdint>

namespace cgflow {

/// A structure whose fine coordinates are at a minimum.
struct RelaxedStructure {
  CoordinateMap::Start start;
  std::int64_t evaluations = 0;    // over all ranks
};

/// Minimizes U/kT - ln|dx/dfine| over the fine coordinates at fixed s by LibTorch's L-BFGS, in units of the widths of
/// `start`. The result is the most probable structure at this CG point, or `start` when nothing better is found. kT in
/// energy units. Collective.
RelaxedStructure relax_structure(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                                 Communicator &comm);

}    // namespace cgflow

#endif
