// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENERGY_BATCH_H
#define CGFLOW_SRC_ENERGY_BATCH_H

#include "coordinates/coordinates.h"

#include "cgflow/energy_model.h"

namespace cgflow {

/// Energies of a batch of structures, in kT.
struct EnergyBatch {
  Tensor u;           // [n], U/kT; +infinity where the sample is rejected
  Tensor gradient;    // [n, n_atoms, 3], d(U/kT)/dx; 0 where the sample is rejected
  Tensor usable;      // [n], bool: the energy is finite
};

/// One call of the energy model for x [n, n_atoms, 3]; each structure is evaluated once. An energy that is not finite
/// rejects its sample. kT in energy units. Throws ShapeError, and what `model` throws.
EnergyBatch evaluate_energies(EnergyModel &model, const Tensor &x, double kT);

/// Energies u [n] (kT) of which those more than `cap` above `lowest` are compressed by a logarithm, to
/// lowest + cap (1 + ln(excess / cap)). cap 0: no compression.
struct CompressedEnergy {
  Tensor u;
  Tensor factor;    // [n], d(compressed)/du
};
CompressedEnergy compress_energies(const Tensor &u, double lowest, double cap);

/// Numbers that one sample takes at most, besides those of the flow, while its energy is evaluated and, with `derivatives`,
/// while derivatives are carried back to the fine coordinates.
std::int64_t numbers_of_energies(const CoordinateMap &map, bool derivatives);

}    // namespace cgflow

#endif
