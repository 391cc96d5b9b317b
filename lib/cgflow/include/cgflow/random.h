// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_RANDOM_H
#define CGFLOW_RANDOM_H

#include <array>
#include <cstdint>

namespace cgflow {

/// The purpose of a random stream. Streams of different purposes or indices never share numbers. The values must never change,
/// because a resumed run continues with the same numbers. One purpose has two uses: `conditions` draws the points of training
/// by energy and the random conditions of training by example. Where their indices agree they draw the same numbers, which
/// does no harm, because no result depends on both draws being independent.
enum class Stream : std::uint32_t {
  walkers = 1,               ///< index: walker ID, sweep
  flow_init = 2,             ///< index: parameter, element block
  example_batches = 3,       ///< index: epoch
  conditions = 4,            ///< index: point, 6 * iteration + draw; training by example: frame, epoch
  latent = 5,                ///< index: sample, iteration
  label_points = 6,          ///< index: point, iteration
  label_latent = 7,          ///< index: sample, iteration
  ensemble_init = 8,         ///< index: member, element
  ensemble_bootstrap = 9,    ///< index: member, point
  ensemble_batches = 10,     ///< index: fit, epoch
  explorer = 11,             ///< index: draw, iteration
  walker_starts = 12,        ///< index: walker ID, iteration
  backmap = 13,              ///< index: frame
  energy_batches = 14,       ///< index: epoch, iteration
  label_widening = 15,       ///< index: sample, label samples drawn before
  flow_masks = 16,           ///< index: pair of couplings; shift, 1
  exchanges = 17,            ///< index: ID of the pair's first walker, sweep
  test = 99
};

/// Counter-based random numbers: Philox4x32-10 (Salmon et al., SC 2011). The numbers depend only on (seed, purpose, a, b),
/// so that they are the same for every number of ranks and need no state in a checkpoint.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, Stream purpose, std::uint64_t a = 0, std::uint64_t b = 0);

  std::uint32_t bits();
  /// Uniform in (0, 1), 52 bits, never 0 or 1.
  double uniform();
  /// Standard normal (Box-Muller).
  double normal();
  /// Uniform integer in [0, n). Throws ModelError when n is 0.
  std::uint64_t below(std::uint64_t n);

 private:
  void refill();
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int next_ = 4;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// One Philox4x32-10 block, for tests against the published vectors.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

}    // namespace cgflow

#endif
