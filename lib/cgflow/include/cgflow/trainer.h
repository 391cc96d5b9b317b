// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_TRAINER_H
#define CGFLOW_TRAINER_H

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/log.h"
#include "cgflow/model.h"
#include "cgflow/resources.h"
#include "cgflow/work_times.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// What a training by example reached: -ln q(fine | s) in nats, means over training and test frames.
struct ExampleSummary {
  int frames = 0;
  int test_frames = 0;
  double loss = 0.0;
  double test_loss = 0.0;    ///< NaN without test frames
};

/// What a training by energy, or the drawing of labels, did and cost.
struct EnergySummary {
  std::int64_t evaluations = 0;
  std::int64_t test_evaluations = 0;
  std::int64_t rejected = 0;
  std::int64_t skipped_steps = 0;
  double ess_share = 0.0;    ///< median over the labels drawn; NaN when there are none
};

/// The steps of learning on one model. All calls are collective over the communicator; every rank holds the same model
/// before and after. Evaluations are added to model.counts.
class Trainer {
 public:
  /// References are kept; `energy` may be null when no energies will be asked for.
  Trainer(Model &model, EnergyModel *energy, Communicator &comm, Log &log);

  /// Training by example (METHOD section 2, step 1) on frames x [n, n_atoms, 3].
  ExampleSummary train_by_example(const std::vector<double> &x, const ExampleConfig &config);

  /// Instead of training by example: the flow's start is the molecule's own configuration, with the force field's thermal
  /// widths and correlations about it. Returns the configuration's CG point [n_cv]. Throws ModelError when the coordinates
  /// know no structure, when equal atoms are not equal to the force field, or when its energy is not finite.
  std::vector<double> start_from_structure();

  /// CG variables of frames x [n, n_atoms, 3]: [n, n_cv].
  std::vector<double> cg_of(const std::vector<double> &x) const;

  /// Training by energy (METHOD section 2, step 2) on CG points [n, n_cv]. Unless labels are from the frozen flow
  /// alone, the last epoch's samples become labels (step 3): each was drawn before the flow learned from it.
  EnergySummary train_by_energy(const std::vector<double> &points, const EnergyConfig &config, int epochs,
                                const LabelConfig &labels);

  /// Labels by Eq. 12 from `latent` fresh samples of the frozen flow at each point [n, n_cv].
  EnergySummary add_labels(const std::vector<double> &points, int latent);

  /// Takes the last n labels away again: their flow was not good enough.
  void drop_labels(std::int64_t n);

  /// Fits the ensemble to all labels (step 4); returns the RMS of (mean - label) / label error.
  double fit();

  /// Mean over the last training's samples of -ln w - F(s), kT: the reverse KL divergence of the flow, 0 for a perfect one.
  double flow_divergence() const;

  /// What learning by the model's configuration takes of this rank.
  Resources resources() const;

  /// Of this process, since this trainer was made.
  const WorkTimes &times() const { return times_; }

 private:
  Model &model_;
  EnergyModel *energy_;
  Communicator &comm_;
  Log &log_;
  std::vector<double> last_s_, last_ln_w_;
  WorkTimes times_;
};

}    // namespace cgflow

#endif
