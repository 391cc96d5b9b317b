// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_H
#define CGFLOW_SRC_FLOW_H

#include "base/tensor.h"
#include "coordinates/coordinates.h"

#include "cgflow/config.h"
#include "cgflow/random.h"

#include <cstdint>
#include <memory>

namespace cgflow {

/// Rows at once where no derivatives are asked for: what one pass keeps then stays in the cache.
constexpr std::int64_t kRowsAtOnce = 256;

/// Conditional normalizing flow q(fine | s). Float64.
/// Unbounded coordinates are standardised by a fixed mean and scale (buffers), s by its range; a periodic s enters as cos
/// and sin. The base density is normal for unbounded and bounded coordinates, uniform for circular ones.
/// Derivatives are those of FlowPass, by hand; nothing here is recorded by autograd.
class ConditionalFlow {
 public:
  /// The flow starts as the identity on standardised coordinates. Parameters come from (seed, Stream::flow_init).
  /// Throws ConfigError for a layer that does not fit the coordinates.
  ConditionalFlow(const FlowConfig &config, const CgSpace &space, std::vector<FineCoordinate> fine, std::uint64_t seed);
  ~ConditionalFlow();

  int n_cv() const;
  int n_fine() const;

  /// Mean and scale of the fine coordinates, each [n_fine]; scale > 0. For bounded coordinates these are of
  /// ln(t / (1 - t)), t the position in the range; for circular ones they are not used.
  void set_standardisation(const Tensor &mean, const Tensor &scale);
  /// The same with correlations: fine = mean + scale (mixing u), mixing [n_fine, n_fine] lower triangular.
  void set_standardisation(const Tensor &mean, const Tensor &scale, const Tensor &mixing);
  /// The same from samples fine [n, n_fine]. Throws ModelError for fewer than two, or when a coordinate does not vary.
  void standardise(const Tensor &fine);
  /// Of a function's derivative by fine, g [batch, n_fine], its derivative by the standardised coordinates, at their
  /// centre: what one unit of the flow means.
  Tensor standardised_gradient(const Tensor &g) const;

  struct Sample {
    Tensor fine;     // [batch, n_fine]
    Tensor log_q;    // [batch], ln q(fine | s) in nats
  };
  /// Draws fine = f(z; s). z [batch, n_fine] from draw_latent(), s [batch, n_cv] in box units.
  Sample sample(const Tensor &z, const Tensor &s) const;
  /// ln q(fine | s) [batch] in nats. Eq. 7 of METHOD's paper.
  Tensor log_prob(const Tensor &fine, const Tensor &s) const;

  /// Latent samples [count, n_fine]: row i comes from RandomStream(seed, purpose, first + i, iteration), so that ranks can
  /// draw their own share.
  Tensor draw_latent(std::uint64_t seed, Stream purpose, std::int64_t first, std::int64_t count,
                     std::uint64_t iteration) const;

  /// Trainable numbers, in a fixed order: views of all().
  NamedTensors parameters() const;
  /// The same in one tensor [any], float64: what an optimiser moves, in place.
  const Tensor &all() const;
  /// The same in the networks' precision, in which gradients are: all() itself or a copy, which follows before it is next used.
  const Tensor &computed() const;
  /// Says that computed() has been brought up to date along with all(), so that nobody needs to copy it.
  void computed_is_current() const;
  /// Everything to be stored: parameters and standardisation.
  NamedTensors state() const;
  /// Takes values by name. Throws ModelError naming the first missing tensor or wrong shape.
  void load(const NamedTensors &state);

 private:
  friend class FlowPass;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}    // namespace cgflow

#endif
