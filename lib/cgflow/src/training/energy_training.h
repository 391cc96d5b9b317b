// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENERGY_TRAINING_H
#define CGFLOW_SRC_ENERGY_TRAINING_H

#include "flow/flow_pass.h"
#include "training/energy_batch.h"
#include "training/flow_trainer.h"

namespace cgflow {

/// One run of training by energy; FlowTrainer::by_energy is its caller.
class EnergyTraining {
 public:
  EnergyTraining(ConditionalFlow &flow, const CoordinateMap &map, Communicator &comm, double kT, std::uint64_t seed,
                 const EnergyConfig &config, EnergyModel &energy, std::uint64_t iteration);
  /// Bytes that a run on so many points takes at its highest on this rank, without those of the flow and of the energy model.
  static std::int64_t memory(const ConditionalFlow &flow, const CoordinateMap &map, const Communicator &comm,
                             const EnergyConfig &config, std::int64_t points);
  EnergyReport run(const Tensor &points, int epochs);
  /// Sum over the samples of the last step of the gradient by this rank's share of the parameters, before clipping.
  Tensor gradient() const { return gradient_.narrow(0, mine_, count_); }

 private:
  /// One rank's part of a step: sums over its samples, beside that of their gradients in gradient_.
  struct Part {
    double loss = 0.0;    // sum, kT
    double used = 0.0;    // samples in the gradient
    double evaluated = 0.0, rejected = 0.0;
  };
  struct Drawn {
    Tensor log_q;                  // [n]
    Tensor leaf;                   // the fine coordinates, [n, n_fine], as a leaf of autograd
    CoordinateMap::Cartesian x;    // of the leaf
    EnergyBatch energy;
  };
  void split(const Tensor &points);
  void epoch(int number, bool last);
  void step(const Tensor &rows, const Tensor &latent, bool last);
  Drawn draw(const Tensor &z, const Tensor &s);
  double lowest_energy(const Drawn &drawn, bool failed);
  Tensor kept_samples(const Drawn &drawn, const Tensor &loss);
  Part gradients(const Drawn &drawn, double lowest);
  Tensor sample_gradient(const Drawn &drawn, const Tensor &factor);
  void apply(Part part, const Drawn &drawn, const Tensor &s);
  void spread_exact();
  void skip(const Drawn &drawn, const Tensor &s);
  void test();
  void collect();
  double rate() const;

  ConditionalFlow &flow_;
  const CoordinateMap &map_;
  Communicator &comm_;
  double kT_;
  std::uint64_t seed_;
  const EnergyConfig &config_;
  EnergyModel &energy_;
  std::uint64_t iteration_;

  FlowPass pass_;
  Tensor gradient_;                // by the flow's parameters, in the networks' precision
  std::int64_t mine_, count_;      // the first parameter that this rank moves, and how many of them
  Adam adam_;                      // of those
  Tensor points_, test_points_;    // [n, n_cv]
  std::int64_t step_ = 0, steps_ = 0;
  int skipped_in_a_row_ = 0;
  std::vector<double> losses_;    // of each step taken
  std::vector<double> last_;      // this rank's samples of the last epoch: row, ln w
  EnergyReport report_;
};

}    // namespace cgflow

#endif
