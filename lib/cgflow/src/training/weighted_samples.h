// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_WEIGHTED_SAMPLES_H
#define CGFLOW_SRC_WEIGHTED_SAMPLES_H

#include "flow/flow.h"

#include "cgflow/energy_model.h"

namespace cgflow {

/// Samples of a frozen flow with their weights, ln w = -U/kT + log_det - ln q.
struct WeightedSamples {
  Tensor x;         // [n, n_atoms, 3]
  Tensor ln_w;      // [n], -infinity when rejected
  Tensor energy;    // [n], energy units
};

/// Weighs the samples of the latent values z [n_fine, n] at s [n_cv, n]. kT in energy units. Throws ShapeError, and what
/// `energy` throws.
WeightedSamples weigh(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT, const Tensor &s,
                      const Tensor &z);

/// Draws and weighs one sample for each column of s [n_cv, n]. Column i uses latent number first + i of (seed, purpose,
/// iteration).
WeightedSamples draw_weighted(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                              const Tensor &s, std::uint64_t seed, Stream purpose, std::int64_t first,
                              std::uint64_t iteration);

/// Bytes that weigh() takes for n samples, without those of the flow and of the energy model.
std::int64_t memory_to_weigh(const ConditionalFlow &flow, const CoordinateMap &map, std::int64_t n);

}    // namespace cgflow

#endif
