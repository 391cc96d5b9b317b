// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENERGY_BATCH_H
#define CGFLOW_SRC_ENERGY_BATCH_H

#include "coordinates/coordinates.h"

#include "cgflow/energy_model.h"

namespace cgflow {

/// Energies of a batch of structures, in kT.
struct EnergyBatch {
  Tensor u;           // [n], U/kT; +infinity where rejected
  Tensor gradient;    // [n, n_atoms, 3], d(U/kT)/dx; 0 where rejected
  Tensor usable;      // [n], bool: the energy is finite
};

/// One call of the energy model for x [n, n_atoms, 3]; each row is evaluated once. An energy that is not finite rejects its
/// sample.
EnergyBatch evaluate_energies(EnergyModel &model, const Tensor &x, double kT);

/// Factor of the gradient, and the value, of energies u [n] (kT) when what lies more than `cap` over `lowest` is compressed
/// by a logarithm: lowest + cap (1 + ln(excess / cap)). cap 0: no compression.
struct CompressedEnergy {
  Tensor u;
  Tensor factor;    // [n], d(compressed)/du
};
CompressedEnergy compress_energies(const Tensor &u, double lowest, double cap);

}    // namespace cgflow

#endif
