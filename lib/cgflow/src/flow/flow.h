// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_H
#define CGFLOW_SRC_FLOW_H

#include "base/tensor.h"
#include "coordinates/coordinates.h"

#include "cgflow/config.h"
#include "cgflow/random.h"

#include <cstdint>
#include <limits>
#include <memory>

namespace cgflow {

/// Samples of one pass where no derivatives are asked for: the buffers of a pass then stay in the cache.
constexpr std::int64_t kSamplesAtOnce = 256;

/// Conditional normalizing flow q(fine | s). The batch is the innermost dimension of all its tensors. Parameters,
/// coordinates and densities are float64; FlowConfig::precision is that of the networks' arithmetic. Unbounded coordinates
/// are standardized by a fixed mean and scale; s enters by ConditionFeatures. The base density is normal for unbounded and
/// bounded coordinates, uniform for circular ones. Derivatives are those of FlowPass; autograd records nothing.
class ConditionalFlow {
 public:
  /// The flow starts as the identity on standardized coordinates. Parameters come from (seed, Stream::flow_init). `config`
  /// must have passed the checks of Config. Throws ConfigError when its layers do not fit the coordinates, and ModelError,
  /// before memory is taken, when it has more than `most_parameters`.
  ConditionalFlow(const FlowConfig &config, const CgSpace &space, std::vector<FineCoordinate> fine, std::uint64_t seed,
                  std::int64_t most_parameters = std::numeric_limits<std::int64_t>::max());
  ~ConditionalFlow();

  int n_cv() const;
  int n_fine() const;

  /// Mean and scale of the fine coordinates, each [n_fine]; scale > 0. For bounded coordinates they are those of
  /// ln(t / (1 - t)), t the position in the range; circular coordinates do not use them.
  void set_standardization(const Tensor &mean, const Tensor &scale);
  /// The same with correlations: fine = mean + scale (mixing u), mixing [n_fine, n_fine] lower triangular.
  void set_standardization(const Tensor &mean, const Tensor &scale, const Tensor &mixing);
  /// The same from samples fine [n_fine, n]. Throws ModelError for fewer than two, or when a coordinate does not vary.
  void standardize(const Tensor &fine);
  /// From the derivative of a function by fine, g [n_fine, batch], its derivative by the standardized coordinates at their
  /// center. Its unit is that of the flow's own coordinates.
  Tensor standardized_gradient(const Tensor &g) const;

  struct Sample {
    Tensor fine;     // [n_fine, batch]
    Tensor log_q;    // [batch], ln q(fine | s) in nats
  };
  /// Draws fine = f(z; s). z [n_fine, batch] from draw_latent(), s [n_cv, batch] in box units. Throws ShapeError.
  Sample sample(const Tensor &z, const Tensor &s) const;
  /// ln q(fine | s) [batch] in nats, of fine [n_fine, batch] at s [n_cv, batch]. Eq. 7 of the paper. Throws ShapeError.
  Tensor log_prob(const Tensor &fine, const Tensor &s) const;

  /// Latent samples [n_fine, count]: column i comes from RandomStream(seed, purpose, first + i, iteration), so that ranks
  /// can draw their own share.
  Tensor draw_latent(std::uint64_t seed, Stream purpose, std::int64_t first, std::int64_t count,
                     std::uint64_t iteration) const;

  /// Trainable numbers by name, in a fixed order: views of all().
  NamedTensors parameters() const;
  std::int64_t n_parameters() const;
  /// Bytes of a number in the networks' precision.
  std::int64_t number_size() const;
  /// The parameters in one tensor [n_parameters], float64. The optimizer changes it in place.
  const Tensor &all();
  /// The same in the networks' precision, which is that of gradients: all() itself or a copy. The copy follows changes of
  /// all() when the flow is next used.
  const Tensor &computed();
  /// Declares that the caller has brought computed() up to date along with all(), so that it need not be copied.
  void computed_is_current();
  /// Everything to be stored: parameters and standardization.
  NamedTensors state() const;
  /// Takes values by name, all or none. Throws ModelError naming the first missing tensor or wrong shape.
  void load(const NamedTensors &state);

  struct Impl;

 private:
  friend class FlowPass;
  std::unique_ptr<Impl> impl_;
};

}    // namespace cgflow

#endif
