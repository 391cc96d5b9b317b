// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_LEARNER_H
#define CGFLOW_LEARNER_H

#include "cgflow/archive.h"
#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/learning_status.h"
#include "cgflow/log.h"
#include "cgflow/model.h"
#include "cgflow/random.h"
#include "cgflow/reference_pmf.h"
#include "cgflow/trainer.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cgflow {

class Strategy;

/// Active learning of one model as a state machine that an engine with walkers drives (doc/Howto_cgflow_theory.rst):
///
///   untrained --begin()--> exploring --sweeps without a new point--> refining --target met, quiet again--> finished
///                             ^  |  walkers stopped: iterate()           |
///                             +--+------------- a new point -------------+
///
/// The engine moves walkers on surface() and stops each whose std exceeds threshold() below ceiling(). After each sweep
/// it tells after_sweep() how many are stopped and follows its decision. The strategy (`explore: strategy`) chooses new
/// points. Nothing here depends on wall time: the same calls give the same bits.
class Learner {
 public:
  enum class Phase { untrained, exploring, refining, finished };
  enum class Decision {
    walk,       ///< go on
    iterate,    ///< call iterate() with the stopped walkers' points before the next sweep
    finish      ///< learning has ended; model().status says why
  };

  /// References are kept. `energy` may be null only for a learner that will not train.
  Learner(Model model, EnergyModel *energy, Communicator &comm, Log &log);
  ~Learner();

  /// The first iteration: training by example on frames x [n, n_atoms, 3], training by energy around their CG points (or
  /// on the grid), labels and the ensemble. md_steps count as evaluations. Throws ModelError when the budget does not
  /// allow it.
  void begin(const std::vector<double> &frames, std::int64_t md_steps);

  /// The same without frames, from the molecule's configuration.
  void begin_from_structure();

  /// Adds evaluations that checked the atomistic system, summed over ranks, to those of test losses. Before begin().
  void count_checks(std::int64_t evaluations) { model_.counts.test += evaluations; }

  /// Instead of begin(): goes on with a model that has a PMF already.
  void begin_from_model();

  /// One step of a scripted loop: training by energy and labels around the points [n, n_cv], then the ensemble. With
  /// `epochs` 0 the config's number of epochs.
  void learn_points(const std::vector<double> &points, int epochs);

  /// Moves the model out; the learner must not be used afterwards.
  Model release_model() { return std::move(model_); }

  /// To be called once a sweep with the number of stopped walkers and of all walkers.
  Decision after_sweep(std::int64_t stopped, std::int64_t walkers);

  /// One iteration around the points that the strategy chooses, given those of the stopped walkers [n, n_cv]. A
  /// refinement when it finds no new point. Walkers that have stopped near rejected points alone change nothing: the sweeps
  /// before them still count as quiet.
  void iterate(const std::vector<double> &stopped_points);

  /// Where walker `id` begins after the last iteration: [n_cv], drawn from the known points.
  std::vector<double> start_point(std::int64_t id) const;

  Phase phase() const { return phase_; }
  const Model &model() const { return model_; }
  std::shared_ptr<const PmfSurface> surface() const { return surface_; }
  /// Std at which walkers stop, energy units; infinity when the strategy needs no walkers.
  double threshold() const;
  /// Upper limit of the F that is learned, energy units: walkers do not stop where F less two std is above it.
  double ceiling() const { return ceiling_; }

  /// The number of model().status, as scripts and files show it.
  int status() const { return static_cast<int>(model_.status); }
  /// The run ends: if learning has not ended yet, its status becomes run_ended.
  void end_run();
  /// A new run goes on after end_run().
  void resume_run();

  double median_ess_share() const { return median_ess_; }
  const WorkTimes &times() const { return trainer_.times(); }
  Resources resources() const { return trainer_.resources(); }
  /// RMS change of the PMF over the known region in the last iteration, kT.
  double pmf_change() const { return pmf_change_; }
  std::int64_t known_points() const { return static_cast<std::int64_t>(known_.size()) / model_.space().n_cv(); }

  /// Text of NAME.iterations, for plots: the points and the PMF of each iteration.
  const std::string &history() const { return history_; }

  void store(Archive &archive) const;
  /// Throws ModelError and leaves everything as it is when the archive does not hold a learner's state.
  void load(const Archive &archive);

 private:
  void check_budget();
  void begin_exploring();
  void learn_around(const std::vector<double> &centers, int epochs);
  double share_of_iteration(std::size_t new_points) const;
  bool train_and_label(const std::vector<double> &centers, int epochs, EnergySummary &training, EnergySummary &labels);
  void refine();
  bool consolidate();
  EnergySummary add_labels(const std::vector<double> &points);
  void add_labels_by_std(std::int64_t n);
  std::vector<double> draw_where_uncertain(std::int64_t n, Stream purpose, int number) const;
  std::uint64_t draw_key(int number) const;
  void fit(const PmfSurface *before);
  void finish_iteration(const PmfSurface *before, const std::vector<double> &centers, const EnergySummary &training,
                        const EnergySummary &labels);
  std::int64_t first_cost() const;
  void converge();
  bool finish_if_over_budget(std::int64_t evaluations);
  void refresh_surface();
  void report(const std::vector<double> &centers, const EnergySummary &training, const EnergySummary &labels);
  void write_history(const std::vector<double> &centers);
  void say_estimate();
  std::string against_reference() const;
  void keep_inside(const std::vector<double> &s);

  Model model_;
  Trainer trainer_;
  Communicator &comm_;
  Log &log_;
  std::unique_ptr<const Strategy> strategy_;
  Phase phase_ = Phase::untrained;
  std::shared_ptr<const PmfSurface> surface_;
  std::vector<double> data_s_;    // CG points of the training data
  std::vector<double> known_;     // label points with a std up to the threshold and F up to the ceiling
  std::int64_t quiet_ = 0;        // sweeps since the last new point
  std::int64_t waited_ = 0;       // sweeps since a walker stopped first
  bool refined_ = false;          // the present labels need no further refinement
  bool lacks_table_ = false;      // the log has said that the surface is no table
  double median_ess_ = 0.0;
  double pmf_change_ = 0.0;
  double std_rms_ = 0.0;
  double ceiling_ = std::numeric_limits<double>::infinity();
  std::optional<ReferencePmf> reference_;
  std::string history_;
};

}    // namespace cgflow

#endif
