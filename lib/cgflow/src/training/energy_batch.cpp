// SPDX-License-Identifier: GPL-2.0-only
#include "training/energy_batch.h"

#include "cgflow/error.h"

#include <limits>

namespace cgflow {

EnergyBatch evaluate_energies(EnergyModel &model, const Tensor &x, double kT)
{
  const Tensor positions = x.contiguous();
  const auto n = positions.size(0);
  if (positions.size(1) != model.n_atoms())
    throw ShapeError("energies: got structures of " + std::to_string(positions.size(1)) + " atoms, expected " +
                     std::to_string(model.n_atoms()));
  Tensor energy = at::zeros({n}, at::kDouble), force = at::zeros_like(positions);
  if (n > 0)
    model.evaluate(static_cast<int>(n), positions.data_ptr<double>(), energy.data_ptr<double>(), force.data_ptr<double>());
  EnergyBatch batch;
  batch.usable = at::isfinite(energy);
  batch.u = at::where(batch.usable, energy / kT, std::numeric_limits<double>::infinity());
  batch.gradient = at::where(batch.usable.view({n, 1, 1}), force * (-1.0 / kT), 0.0);
  return batch;
}

CompressedEnergy compress_energies(const Tensor &u, double lowest, double cap)
{
  const Tensor one = at::ones_like(u);
  if (cap <= 0.0) return {u, one};
  const Tensor excess = (u - lowest) / cap;
  const Tensor high = excess.gt(1.0).logical_and(at::isfinite(excess));
  const Tensor safe = at::where(high, excess, 1.0);
  return {at::where(high, lowest + cap * (1.0 + at::log(safe)), u), 1.0 / safe};
}

std::int64_t numbers_of_energies(const CoordinateMap &map, bool derivatives)
{
  // Structures: positions, a copy in the model's layout, forces, their product with -1/kT and the gradient. Fine
  // coordinates: the sample and two intermediate values; the two parts of the derivative, the clipped one, the score and
  // their sums.
  const std::int64_t structures = 5, fine = derivatives ? 8 : 3;
  return structures * 3 * map.n_atoms() + fine * map.n_fine();
}

}    // namespace cgflow
