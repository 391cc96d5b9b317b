// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENERGY_TRAINING_H
#define CGFLOW_SRC_ENERGY_TRAINING_H

#include "base/adam.h"
#include "flow/flow_pass.h"
#include "training/energy_batch.h"
#include "training/energy_guard.h"

#include <vector>

namespace cgflow {

/// The result of a training by energy. Counts are over all ranks.
struct EnergyReport {
  std::int64_t evaluations = 0;    ///< energy evaluations of training steps
  std::int64_t test_evaluations = 0;
  std::int64_t rejected = 0;         ///< samples with an energy that is not finite; their weight is 0
  std::int64_t skipped_steps = 0;    ///< steps left out because loss or gradient was not finite
  double loss = 0.0;         ///< mean over the last quarter of the steps, kT: E[-ln w], the reverse KL + F(s) + constant
  double test_loss = 0.0;    ///< the same over the test points after training; NaN without them
  /// ESS of the samples of the last epoch at equal s (latent > 1), as a fraction, median over points; NaN otherwise.
  double ess_fraction = 0.0;
  /// The samples of the last epoch, all ranks, in order: CG points [n, n_cv], ln w [n] (-infinity when rejected). Row
  /// i * latent + j is latent sample j of training point i; test points are not among them.
  std::vector<double> s, ln_w;
  int latent = 1;
};

/// One training of a flow by energy. It minimizes the reverse KL divergence per CG point, Eq. 10 of the paper, by the plain
/// or the path gradient (Roeder et al. 2017), with weights ln w = -U/kT + log_det - ln q. Every rank holds the same
/// parameters and calls the same functions: a batch is divided over the ranks, gradients are summed, and each rank moves a
/// part of the parameters. A sample with an energy that is not finite is rejected. A step without a usable sample, or with a
/// loss or gradient that is not finite, is skipped.
class EnergyTraining {
 public:
  /// References are kept. kT in energy units; `iteration` keys the random streams. `config` must have passed the checks of
  /// Config.
  EnergyTraining(ConditionalFlow &flow, const CoordinateMap &map, Communicator &comm, double kT, std::uint64_t seed,
                 const EnergyConfig &config, EnergyGuard &energy, std::uint64_t iteration);
  /// Bytes that a run on so many points takes at most on this rank, without those of the flow and of the energy model.
  static std::int64_t memory(const ConditionalFlow &flow, const CoordinateMap &map, const Communicator &comm,
                             const EnergyConfig &config, std::int64_t points);
  /// Trains on `points` [n_cv, n], the same on all ranks, `epochs` times over all of them. Collective. Throws EnergyError on
  /// all ranks when the energies fail on one, or when 50 steps in a row are skipped; the text names the last sample. Throws
  /// ConfigError without points or epochs.
  EnergyReport run(const Tensor &points, int epochs);
  /// The gradient of the last step by this rank's share of the parameters: the sum over its samples, before clipping.
  Tensor gradient() const { return gradient_.narrow(0, mine_, count_); }

 private:
  /// One rank's part of a step: sums over its samples. gradient_ holds the sum of their gradients.
  struct Part {
    double loss = 0.0;    // sum, kT
    double used = 0.0;    // samples in the gradient
    double evaluated = 0.0, rejected = 0.0;
  };
  struct Drawn {
    Tensor s;                      // [n_cv, n]
    FlowPass::Sample sample;       // n samples
    CoordinateMap::Cartesian x;    // of them
    EnergyBatch energy;
  };
  void split(const Tensor &points);
  void epoch(int number, bool last);
  void step(const Tensor &samples, const Tensor &latent, bool last);
  Drawn draw(const Tensor &z, const Tensor &s);
  double lowest_energy(const Drawn &drawn);
  Tensor kept_samples(const Drawn &drawn, const Tensor &loss);
  Part gradients(Drawn &drawn, double lowest);
  Tensor sample_gradient(Drawn &drawn, const Tensor &factor);
  void apply(Part part, const Drawn &drawn);
  void spread_exact();
  void skip(const Drawn &drawn);
  void test();
  void collect();
  double rate() const;

  ConditionalFlow &flow_;
  const CoordinateMap &map_;
  Communicator &comm_;
  double kT_;
  std::uint64_t seed_;
  const EnergyConfig &config_;
  EnergyGuard &energy_;
  std::uint64_t iteration_;

  FlowPass pass_;
  Tensor gradient_;                // by the flow's parameters, in the networks' precision
  std::int64_t mine_, count_;      // the first parameter that this rank moves, and their number
  Adam adam_;                      // of those
  Tensor points_, test_points_;    // [n_cv, n]
  std::int64_t step_ = 0, steps_ = 0;
  int skipped_in_a_row_ = 0;
  std::vector<double> losses_;          // of each step taken
  std::vector<double> last_samples_;    // this rank's samples of the last epoch: number, ln w
  EnergyReport report_;
};

}    // namespace cgflow

#endif
