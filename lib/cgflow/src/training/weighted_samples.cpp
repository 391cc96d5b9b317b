// SPDX-License-Identifier: GPL-2.0-only
#include "training/weighted_samples.h"

#include "base/one_thread.h"
#include "base/tensor_shape.h"
#include "flow/flow_pass.h"
#include "training/energy_batch.h"

#include <algorithm>
#include <limits>

namespace cgflow {

WeightedSamples weigh(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT, const Tensor &s,
                      const Tensor &z)
{
  const OneThread one_thread;
  const auto sample = flow.sample(z, s);
  const auto x = map.to_cartesian(s, sample.fine);
  const EnergyBatch batch = evaluate_energies(energy, x.x, kT);
  const Tensor ln_w = at::where(batch.usable, x.log_det - sample.log_q - batch.u, -std::numeric_limits<double>::infinity());
  return {x.x, ln_w, batch.u * kT};
}

WeightedSamples draw_weighted(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                              const Tensor &s, std::uint64_t seed, Stream purpose, std::int64_t first,
                              std::uint64_t iteration)
{
  check_shape("CG points", s, {flow.n_cv(), -1});
  return weigh(flow, map, energy, kT, s, flow.draw_latent(seed, purpose, first, s.size(1), iteration));
}

std::int64_t memory_to_weigh(const ConditionalFlow &flow, const CoordinateMap &map, std::int64_t n)
{
  return FlowPass::memory(flow, {std::min(n, kSamplesAtOnce)}) + 8 * n * numbers_of_energies(map, false);
}

}    // namespace cgflow
