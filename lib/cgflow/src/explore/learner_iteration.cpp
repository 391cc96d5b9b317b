// SPDX-License-Identifier: GPL-2.0-only
// The steps of one iteration: training, labels, fit and refinement.
#include "cgflow/learner.h"

#include "base/text.h"
#include "explore/avoided_points.h"
#include "explore/known_region.h"
#include "explore/learning_costs.h"
#include "explore/point_sets.h"
#include "explore/strategy.h"
#include "pmf/label_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace cgflow {

namespace {

// Constants, see doc/Howto_cgflow_theory.rst, Constants.

// Rounds of labels in one refinement, at most.
constexpr int kMaxRefinements = 20;
// Median ESS share of the labels, from which exploring accepts them without another training.
constexpr double kEnoughEss = 0.35;
// Factor by which a training must raise the ESS share to be repeated.
constexpr double kEssGain = 1.1;
// Trainings in one iteration, at most.
constexpr int kTrainingAttempts = 4;
// Median ESS share below which a refinement trains the flow again before the next round of labels.
constexpr double kGoodEss = 0.5;
// Samples of a round of refinement, as a fraction of the samples that all labels are worth.
constexpr double kLeastRound = 0.2, kLargestRound = 0.5;
// Random draws of points in an iteration, each with its own streams: one per training attempt, then two more.
constexpr int kDraws = kTrainingAttempts + 2;

// True when another training around the same centers pays. `ess` is the ESS share of the labels after the last training,
// and `before` is that of the labels before it, 0 when there were none.
bool training_pays(double ess, double before, bool first_attempt)
{
  if (ess >= kEnoughEss) return false;
  if (before == 0.0) return true;
  const double gain = ess / before;
  if (gain >= kEssGain) return true;
  // The first training is compared with the iteration before. A share that is clearly lower means that the flow does not
  // know the new points yet. The same share means that it is as good as training makes it for now.
  return first_attempt && gain * kEssGain <= 1.0;
}

}    // namespace

// Key of the random streams of a draw. The draws of one iteration are numbered from 0 to kDraws - 1.
std::uint64_t Learner::draw_key(int number) const { return static_cast<std::uint64_t>(model_.iteration) * kDraws + number; }

void Learner::learn_around(const std::vector<double> &centers, int epochs)
{
  const auto before = surface_;
  EnergySummary training, labels;
  if (!train_and_label(centers, epochs, training, labels)) return;
  finish_iteration(before.get(), centers, training, labels);
}

// Late in exploring only a few points are new and the flow is good already, so an iteration costs in proportion to them.
double Learner::share_of_iteration(std::size_t new_points) const
{
  const EnergyConfig &energy = model_.config().energy;
  if (energy.each == 0 || model_.iteration == 0) return 1.0;
  return std::min(1.0, static_cast<double>(energy.each) * new_points / energy.points);
}

// Training and labels around the centers. Labels of a poor flow would mislead the PMF: they are dropped, and the training is
// repeated as long as it pays. False when the budget does not allow even one training.
bool Learner::train_and_label(const std::vector<double> &centers, int epochs, EnergySummary &training, EnergySummary &labels)
{
  const Config &c = model_.config();
  const ModelInfo &info = model_.info();
  const CgSpace &space = model_.space();
  const std::size_t d = space.n_cv();
  const double share = share_of_iteration(centers.size() / d);
  const bool at_centers = strategy_->only_once();
  const auto points = at_centers ? static_cast<std::int64_t>(centers.size() / d) : std::llround(share * c.energy.points);
  const auto label_points_wanted = std::max<std::int64_t>(1, std::llround(share * c.labels.points));
  const std::vector<double> old = label_points(model_.labels());
  const std::size_t labels_before = model_.labels().size();
  double last_ess = median_ess_;
  for (int attempt = 0; attempt < kTrainingAttempts; ++attempt) {
    if (finish_if_over_budget(training_cost(points, c.energy, epochs) + label_cost(c.labels))) return attempt > 0;
    if (attempt > 0) trainer_.drop_labels(static_cast<std::int64_t>(model_.labels().size() - labels_before));
    const std::uint64_t key = draw_key(attempt);
    training = trainer_.train_by_energy(at_centers ? centers
                                                   : spread_points(space, centers, old, c.explore.old, c.explore.spread,
                                                                   points, info.seed, Stream::conditions, key),
                                        c.energy, epochs, c.labels);
    labels = training;
    if (c.labels.from == "training") return true;
    // The centers themselves, then points around them.
    const std::size_t wanted = label_points_wanted * d;
    std::vector<double> where;
    const std::size_t stride = std::max<std::size_t>(1, centers.size() / wanted);
    for (std::size_t i = 0; i < centers.size() / d && where.size() < wanted; i += stride)
      where.insert(where.end(), centers.begin() + i * d, centers.begin() + (i + 1) * d);
    const std::vector<double> around = spread_points(space, centers, {}, 0.0, c.explore.spread, (wanted - where.size()) / d,
                                                     info.seed, Stream::label_points, key);
    where.insert(where.end(), around.begin(), around.end());
    labels = add_labels(where);
    if (!training_pays(labels.ess_share, std::exchange(last_ess, labels.ess_share), attempt == 0)) break;
  }
  // An iteration of few new points needs few labels around them. The others go where the known region's std is large.
  const std::int64_t rest = c.labels.points - label_points_wanted;
  if (rest > 0 && surface_)
    labels.evaluations += add_labels(draw_where_uncertain(rest, Stream::label_points, kTrainingAttempts)).evaluations;
  return true;
}

// Labels at the points that do not lie near rejected ones; at all of them when there are no others.
EnergySummary Learner::add_labels(const std::vector<double> &points)
{
  const std::vector<double> left = AvoidedPoints(model_).outside(points);
  return trainer_.add_labels(left.empty() ? points : left, model_.config().labels.latent);
}

void Learner::finish_iteration(const PmfSurface *before, const std::vector<double> &centers, const EnergySummary &training,
                               const EnergySummary &labels)
{
  fit(before);
  median_ess_ = labels.ess_share;
  report(centers, training, labels);
}

void Learner::fit(const PmfSurface *before)
{
  trainer_.fit();
  ++model_.iteration;
  refresh_surface();
  pmf_change_ = before ? rms_change(model_, *before, *surface_) : std::numeric_limits<double>::quiet_NaN();
}

// After exploring: the flow is trained over the whole known region, then labels are added where the std is large, until
// its RMS over the known region meets the target.
void Learner::refine()
{
  const Config &c = model_.config();
  if (c.explore.target > 0.0) {
    bool poor_flow = true;
    for (int round = 0; round < kMaxRefinements && std_rms_ > c.explore.target; ++round) {
      if (poor_flow && !consolidate()) return;
      if (std_rms_ <= c.explore.target) break;
      // The error falls with the square root of the number of samples. A round adds a part of them only, because the std
      // of few labels is itself uncertain.
      const double present = samples_worth(model_.labels(), model_.space(), comm_) / c.labels.latent;
      const double wanted = present * (std::pow(std_rms_ / c.explore.target, 2) - 1.0);
      const auto n = static_cast<std::int64_t>(
          std::max(0.5 * c.labels.points, std::clamp(wanted, kLeastRound * present, kLargestRound * present)));
      if (finish_if_over_budget(n * c.labels.latent)) return;
      const double before = std_rms_;
      add_labels_by_std(n);
      poor_flow = median_ess_ < kGoodEss;
      // A round that lowers the std by less than half of the expected amount is the last one. The flow then leaves out a
      // part of the fine coordinates, and more labels cannot mend that. They can only raise the std there above the
      // threshold, where walkers stop and training goes on.
      const double promised = std::sqrt(present / (present + static_cast<double>(n)));
      if (std_rms_ > 0.5 * (1.0 + promised) * before && std_rms_ > c.explore.target) return;
    }
    if (std_rms_ > c.explore.target)
      log_.warning(
          formatted("refinement ended at an RMS std of %.3g kT, above the target of %g kT", std_rms_, c.explore.target));
  }
  refined_ = true;
}

// Each iteration trained the flow around its own points. One more training over the whole known region gains more than
// the same evaluations spent on labels: on Mueller-Brown the RMS error falls from 0.017 to 0.012 kT. The rate is low,
// since the flow is good already. False when the budget does not allow it.
bool Learner::consolidate()
{
  const Config &c = model_.config();
  if (c.consolidate.points == 0) return true;
  EnergyConfig energy = c.energy;
  energy.rate = c.consolidate.rate;
  energy.final_rate = c.consolidate.final_rate;
  const std::int64_t n = c.consolidate.points;
  if (finish_if_over_budget(training_cost(n, energy, 1))) return false;
  std::vector<double> points = draw_where_uncertain(n / 2, Stream::conditions, 0);
  const std::vector<double> everywhere =
      spread_points(model_.space(), {}, label_points(model_.labels()), 1.0, 0.5 * c.explore.spread, n - n / 2,
                    model_.info().seed, Stream::conditions, draw_key(2));
  points.insert(points.end(), everywhere.begin(), everywhere.end());
  trainer_.train_by_energy(points, energy, 1, c.labels);
  const std::string what = formatted("consolidated the flow on %lld points, flow KL %.3g kT, ", static_cast<long long>(n),
                                     trainer_.flow_divergence());
  const std::string spent = formatted("%lld evaluations", static_cast<long long>(model_.counts.total()));
  if (c.labels.from == "frozen") {
    log_.line(what + spent);
    return true;
  }
  const auto before = surface_;
  fit(before.get());
  log_.line(formatted("iteration %d: ", model_.iteration) + what + formatted("%zu labels, ", model_.labels().size()) +
            spent + formatted(", RMS std %.3g kT, PMF change %.3g kT", std_rms_, pmf_change_) + against_reference());
  write_history({});
  return true;
}

void Learner::add_labels_by_std(std::int64_t n)
{
  const auto before = surface_;
  const EnergySummary labels = add_labels(draw_where_uncertain(n, Stream::label_points, 0));
  finish_iteration(before.get(), {}, {}, labels);
}

std::vector<double> Learner::draw_where_uncertain(std::int64_t n, Stream purpose, int number) const
{
  return KnownRegion(model_, *surface_).draw(n, purpose, draw_key(number));
}

}    // namespace cgflow
