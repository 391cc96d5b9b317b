// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_TRAINER_H
#define CGFLOW_SRC_FLOW_TRAINER_H

#include "base/adam.h"
#include "flow/flow.h"

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/log.h"

#include <functional>

namespace cgflow {

/// What one training by energy did. Counts are over all ranks.
struct EnergyReport {
  std::int64_t evaluations = 0;    ///< energy evaluations of training steps
  std::int64_t test_evaluations = 0;
  std::int64_t rejected = 0;         ///< samples with an energy that is not finite; weight 0
  std::int64_t skipped_steps = 0;    ///< steps left out because loss or gradient was not finite
  double loss = 0.0;         ///< mean over the last quarter of the steps, kT: E[-ln w], the reverse KL + F(s) + constant
  double test_loss = 0.0;    ///< the same over the test points after training; NaN without them
  double ess_share = 0.0;    ///< of the last epoch's samples at equal s (latent > 1), median over points; NaN otherwise
  /// The samples of the last epoch, all ranks, in order: CG points [n, n_cv], ln w [n] (-infinity when rejected). Row
  /// i * latent + j is latent sample j of training point i; test points are not among them.
  std::vector<double> s, ln_w;
  int latent = 1;
};

struct ExampleReport {
  double loss = 0.0;         ///< -ln q(fine | s) mean over the training frames after training, nats
  double test_loss = 0.0;    ///< the same over the test frames; NaN without test frames
  int frames = 0;
  int test_frames = 0;
};

/// Second moments over 100 steps instead of 1000: a training is a few hundred steps long, and its gradients shrink.
constexpr double kBeta1 = 0.9, kBeta2 = 0.99;

/// Trains a conditional flow. Each training's optimiser starts afresh: moments from the end of the last schedule are too small for new
/// points, and those of another loss have another scale. Every rank holds the same parameters: each works on its share of a batch, gradients are
/// summed over ranks and the optimiser takes the same step everywhere.
class FlowTrainer {
 public:
  /// References are kept. kT in energy units.
  FlowTrainer(ConditionalFlow &flow, const CoordinateMap &map, Communicator &comm, Log &log, double kT, std::uint64_t seed);

  /// Minimises -ln q(fine | s) over frames x [n, n_atoms, 3], the same on all ranks. Sets the flow's standardisation
  /// from the frames first. Eq. 8 of METHOD's paper. Throws EnergyError never, ModelError when frames are too few.
  ExampleReport by_example(const Tensor &x, const ExampleConfig &config);

  /// Minimises the reverse KL per CG point over `points` [n, n_cv] (the same on all ranks), Eq. 10 of METHOD's paper, by
  /// its plain or path gradient (Roeder et al. 2017). ln w = -U/kT + log_det - ln q. `iteration` keys the random streams.
  /// Ranks share out the optimiser: each moves a part of the parameters. A sample with
  /// an energy that is not finite is rejected; a step without a usable sample, or whose loss or gradient is not finite, is
  /// skipped. Throws EnergyError when 50 steps in a row are skipped; the text names the last sample.
  EnergyReport by_energy(const Tensor &points, const EnergyConfig &config, int epochs, EnergyModel &energy,
                         std::uint64_t iteration);

 private:
  ConditionalFlow &flow_;
  const CoordinateMap &map_;
  Communicator &comm_;
  Log &log_;
  double kT_;
  std::uint64_t seed_;
};

/// Numbers of one sample, beside the flow's, while its energy is asked for; `derivatives`: and while they are taken along the
/// coordinates. Structures [n_atoms, 3] and fine coordinates.
std::int64_t numbers_of_energies(const CoordinateMap &map, bool derivatives);

/// Bytes that weigh() of n rows takes, without those of the flow and of the energy model.
std::int64_t memory_to_weigh(const ConditionalFlow &flow, const CoordinateMap &map, std::int64_t n);

/// Draws one fine sample for each row of s [n, n_cv] from the frozen flow and weighs it. No derivatives.
/// Row i uses latent number first + i of (seed, purpose, iteration).
struct WeightedSamples {
  Tensor x;         // [n, n_atoms, 3]
  Tensor ln_w;      // [n], -infinity when rejected
  Tensor energy;    // [n], energy units
};
/// Weighs the samples of given latent rows z [n, n_fine] at s [n, n_cv].
WeightedSamples weigh(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT, const Tensor &s,
                      const Tensor &z);
WeightedSamples draw_weighted(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                              const Tensor &s, std::uint64_t seed, Stream purpose, std::int64_t first,
                              std::uint64_t iteration);

}    // namespace cgflow

#endif
