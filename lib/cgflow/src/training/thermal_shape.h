// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_THERMAL_SHAPE_H
#define CGFLOW_SRC_THERMAL_SHAPE_H

#include "coordinates/coordinates.h"

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"

#include <cstdint>

namespace cgflow {

/// Thermal fluctuations of the fine coordinates around a structure at fixed s, in the harmonic approximation of the force
/// field.
struct ThermalShape {
  Tensor scale;     // [n_fine], standard deviations; 1 for circular coordinates
  Tensor mixing;    // [n_fine, n_fine], lower triangular: fine = mean + scale (mixing u) has the thermal covariance
  std::int64_t evaluations = 0;    // over all ranks
};

/// From the Hessian of U/kT - ln|dx/dfine| at `start`, by central differences of gradients: two evaluations per coordinate.
/// Widths stay between a third of start.scale and three times it. A coordinate with neighboring points that cannot be
/// evaluated gets start.scale. kT in energy units. Collective.
ThermalShape thermal_shape(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                           Communicator &comm);

}    // namespace cgflow

#endif
