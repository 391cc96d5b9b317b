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

/// Result of a training by example: means of -ln q(fine | s) over training and test frames, nats.
struct ExampleSummary {
  int frames = 0;
  int test_frames = 0;
  double loss = 0.0;
  double test_loss = 0.0;    ///< NaN without test frames
};

/// Result and cost of a training by energy, or of drawing labels.
struct EnergySummary {
  std::int64_t evaluations = 0;
  std::int64_t test_evaluations = 0;
  std::int64_t rejected = 0;
  std::int64_t skipped_steps = 0;
  double ess_share = 0.0;    ///< ESS as a fraction of the samples, median over the labels drawn; NaN when there are none
};

/// The steps of learning on one model. All calls are collective over the communicator; every rank holds the same model
/// before and after. Energy evaluations are added to model.counts. When the energies fail on one rank, every rank throws its
/// EnergyError.
class Trainer {
 public:
  /// References are kept; `energy` may be null when no energies will be needed. Throws ModelError when its number of atoms
  /// is not the model's.
  Trainer(Model &model, EnergyModel *energy, Communicator &comm, Log &log);

  /// Training by example (Eq. 8 of the paper) on frames x [n, n_atoms, 3], length units. Throws ModelError.
  ExampleSummary train_by_example(const std::vector<double> &x, const ExampleConfig &config);

  /// Instead of training by example: the flow starts at the molecule's own configuration, with thermal widths and
  /// correlations from the force field. Returns the CG point of the configuration [n_cv]. Throws ModelError when the
  /// coordinates know no structure, when the force field tells equal atoms apart, or when the configuration's energy is not
  /// finite.
  std::vector<double> start_from_structure();

  /// CG variables of frames x [n, n_atoms, 3]: [n, n_cv].
  std::vector<double> cg_of(const std::vector<double> &x) const;

  /// Training by energy (Eq. 10 of the paper) on CG points [n, n_cv]. Unless labels come from the frozen flow alone, the
  /// samples of the last epoch become labels: each was drawn before the flow learned from it. Throws EnergyError and
  /// ModelError.
  EnergySummary train_by_energy(const std::vector<double> &points, const EnergyConfig &config, int epochs,
                                const LabelConfig &labels);

  /// Labels by Eq. 12 of the paper from `latent` new samples of the frozen flow at each point [n, n_cv]. A point whose
  /// samples are all rejected has no label and is one of the model's rejected points. Throws EnergyError when the model
  /// has more of them than labels (four at least, unless it has no label at all), and ModelError.
  EnergySummary add_labels(const std::vector<double> &points, int latent);

  /// Removes the last n labels, when their flow was not good enough.
  void drop_labels(std::int64_t n);

  /// Fits the ensemble to all labels; returns the RMS of (mean - label) / label error. Throws ModelError without labels.
  double fit();

  /// Mean of -ln w - F(s) over the samples of the last training, kT: the reverse KL divergence of the flow, which is 0 for a
  /// perfect one. NaN before the first training or fit.
  double flow_divergence() const;

  /// Memory and threads that learning by the model's configuration takes on this rank.
  Resources resources() const;

  /// Times of this process since the trainer was made.
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
