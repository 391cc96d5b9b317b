// SPDX-License-Identifier: GPL-2.0-only
// The state machine: phases, decisions, and the surface that walkers move on.
#include "cgflow/learner.h"

#include "base/text.h"
#include "explore/avoided_points.h"
#include "explore/known_region.h"
#include "explore/learning_costs.h"
#include "explore/point_sets.h"
#include "explore/strategy.h"
#include "pmf/label_weights.h"

#include "cgflow/error.h"

#include <algorithm>
#include <utility>

namespace cgflow {

namespace {

// Random points that start_point() tries: those of the data or labels that lie outside the ranges are drawn again.
constexpr int kStartAttempts = 100;

}    // namespace

Learner::Learner(Model model, EnergyModel *energy, Communicator &comm, Log &log)
    : model_(std::move(model)), trainer_(model_, energy, comm, log), comm_(comm), log_(log),
      strategy_(make_strategy(model_.config().explore))
{
  const std::string &reference = model_.config().explore.reference;
  if (!reference.empty()) reference_ = ReferencePmf::read(reference, model_.space());
}

Learner::~Learner() = default;

double Learner::threshold() const
{
  return strategy_->needs_walkers() ? model_.info().threshold * model_.info().kT : std::numeric_limits<double>::infinity();
}

// Ends learning when the budget does not allow so many more evaluations; true when it does not.
bool Learner::finish_if_over_budget(std::int64_t evaluations)
{
  if (model_.counts.total() + evaluations <= model_.config().budget) return false;
  model_.status = LearningStatus::out_of_budget;
  phase_ = Phase::finished;
  log_.line(formatted("the budget of %lld energy evaluations is spent (%lld so far, the next step needs %lld)",
                      static_cast<long long>(model_.config().budget), static_cast<long long>(model_.counts.total()),
                      static_cast<long long>(evaluations)));
  return true;
}

std::int64_t Learner::first_cost() const
{
  const Config &c = model_.config();
  const std::int64_t points =
      strategy_->only_once() ? strategy_->first(model_.space(), {}).size() / model_.space().n_cv() : c.energy.points;
  return training_cost(points, c.energy, c.energy.first_epochs) + label_cost(c.labels);
}

void Learner::check_budget()
{
  const std::int64_t needed = model_.counts.total() + first_cost();
  if (needed > model_.config().budget)
    throw ModelError("budget: got " + std::to_string(model_.config().budget) +
                     " energy evaluations, the data and the first iteration need " + std::to_string(needed));
}

void Learner::begin(const std::vector<double> &frames, std::int64_t md_steps)
{
  model_.counts.md += md_steps;
  say_estimate();
  check_budget();
  const ExampleSummary example = trainer_.train_by_example(frames, model_.config().example);
  log_.line(formatted("trained by example on %d frames, loss %.4g (test %.4g on %d frames)", example.frames, example.loss,
                      example.test_loss, example.test_frames));
  keep_inside(trainer_.cg_of(frames));
  begin_exploring();
}

void Learner::begin_from_structure()
{
  say_estimate();
  check_budget();
  data_s_ = trainer_.start_from_structure();
  const CgSpace &space = model_.space();
  std::string text;
  for (int k = 0; k < space.n_cv(); ++k) text += formatted("%s%s %.4g", k ? ", " : "", space[k].name.c_str(), data_s_[k]);
  if (!space.contains(data_s_.data()))
    throw ModelError("the molecule's configuration lies outside the ranges of the CG variables: " + text);
  log_.line(formatted("starts from the structure at %s, %lld energy evaluations for it", text.c_str(),
                      static_cast<long long>(model_.counts.example)));
  begin_exploring();
}

void Learner::begin_exploring()
{
  phase_ = Phase::exploring;
  learn_around(strategy_->first(model_.space(), data_s_), model_.config().energy.first_epochs);
}

// Keeps the data's CG points that lie inside the ranges: walkers start there, and the first labels lie around them.
void Learner::keep_inside(const std::vector<double> &s)
{
  const CgSpace &space = model_.space();
  const int d = space.n_cv();
  const std::size_t n = s.size() / d;
  data_s_.clear();
  for (std::size_t i = 0; i < n; ++i)
    if (space.contains(&s[i * d])) data_s_.insert(data_s_.end(), s.begin() + i * d, s.begin() + (i + 1) * d);
  const std::size_t outside = n - data_s_.size() / d;
  if (outside == 0) return;
  const std::string dump = model_.config().example.dump;
  if (outside < n)
    return log_.warning(
        formatted("%zu of the %zu frames of %s lie outside the ranges of the CG variables", outside, n, dump.c_str()));
  std::string text =
      formatted("train: example: none of the %zu frames of %s lies in the ranges of the CG variables", n, dump.c_str());
  for (int k = 0; k < d; ++k) {
    double lo = s[k], hi = s[k];
    for (std::size_t i = 0; i < n; ++i) lo = std::min(lo, s[i * d + k]), hi = std::max(hi, s[i * d + k]);
    text += formatted("%s %s is %g to %g, its range is %g to %g", k ? ";" : ":", space[k].name.c_str(), lo, hi, space[k].lo,
                      space[k].hi);
  }
  throw ModelError(text);
}

void Learner::begin_from_model()
{
  model_.status = LearningStatus::running;
  phase_ = Phase::exploring;
  data_s_ = label_points(model_.labels());
  refresh_surface();
}

void Learner::learn_points(const std::vector<double> &points, int epochs)
{
  const Config &c = model_.config();
  phase_ = Phase::exploring;
  if (model_.has_pmf()) refresh_surface();
  if (epochs == 0) epochs = model_.iteration == 0 ? c.energy.first_epochs : c.energy.epochs;
  learn_around(choose_diverse(model_.space(), points, label_points(model_.labels()), c.explore.keep, 0.5 * c.explore.spread),
               epochs);
}

Learner::Decision Learner::after_sweep(std::int64_t stopped, std::int64_t walkers)
{
  if (phase_ == Phase::finished) return Decision::finish;
  const ExploreConfig &explore = model_.config().explore;
  ++quiet_;
  if (stopped > 0) {
    ++waited_;
    const bool enough = stopped >= std::min<std::int64_t>(explore.find, walkers) || waited_ >= explore.wait;
    return enough ? Decision::iterate : Decision::walk;
  }
  if (quiet_ == strategy_->look_after() && !strategy_->next(model_, *surface_, {}).empty()) return Decision::iterate;
  if (quiet_ < strategy_->quiet()) return Decision::walk;
  if (!refined_ && explore.target > 0.0) return Decision::iterate;
  converge();
  return Decision::finish;
}

void Learner::converge()
{
  model_.status = LearningStatus::converged;
  phase_ = Phase::finished;
  log_.line(formatted("converged: %lld sweep%s without a new point, RMS std %.3g kT over the known region",
                      static_cast<long long>(quiet_), quiet_ == 1 ? "" : "s", std_rms_) +
            against_reference());
  if (const std::size_t n = model_.rejected_points().size() / model_.space().n_cv(); n > 0)
    log_.warning(
        formatted("the neighborhoods of %zu rejected point%s, where all samples of a label were rejected, are not learned",
                  n, n == 1 ? "" : "s"));
}

void Learner::iterate(const std::vector<double> &stopped_points)
{
  const std::vector<double> stopped = AvoidedPoints(model_).outside(stopped_points);
  const std::vector<double> centers = strategy_->next(model_, *surface_, stopped);
  waited_ = 0;
  if (centers.empty() && stopped.empty() && !stopped_points.empty()) {
    // All of these walkers have gone where nothing can be learned. They begin again elsewhere, and exploring goes on until it
    // has been quiet long enough: some may stop in each sweep, so after_sweep() would never see the end.
    if (quiet_ < strategy_->quiet()) return;
    if (refined_ || !(model_.config().explore.target > 0.0)) return converge();
  }
  quiet_ = 0;
  if (centers.empty()) {
    phase_ = Phase::refining;
    refine();
    // A grid has no further points, so one refinement is enough.
    refined_ = refined_ || strategy_->only_once();
    return;
  }
  phase_ = Phase::exploring;
  refined_ = false;
  learn_around(centers, model_.config().energy.epochs);
}

void Learner::refresh_surface()
{
  if (model_.labels().empty())
    throw ModelError("Learner: got a PMF without labels, expected the labels to which it was fitted");
  surface_ = model_.surface();
  if (const bool lacks = model_.lacks_table(*surface_); std::exchange(lacks_table_, lacks) != lacks && lacks)
    log_.line("no table of the PMF comes within 0.001 kT: finer grids do not lower its error or take more than 4 million "
              "points; the ensemble itself is used, as with `pmf: table: no`");
  std_rms_ = KnownRegion(model_, *surface_).rms_std();
  const std::vector<double> points = label_points(model_.labels());
  const int d = model_.space().n_cv(), n = static_cast<int>(model_.labels().size());
  std::vector<double> f(n), std(n);
  surface_->evaluate(n, points.data(), f.data(), std.data(), nullptr);
  ceiling_ = *std::min_element(f.begin(), f.end()) + model_.config().explore.ceiling * model_.info().kT;
  known_.clear();
  for (int i = 0; i < n; ++i)
    if (std[i] <= model_.info().threshold * model_.info().kT && f[i] <= ceiling_)
      known_.insert(known_.end(), points.begin() + i * d, points.begin() + (i + 1) * d);
}

std::vector<double> Learner::start_point(std::int64_t id) const
{
  const int d = model_.space().n_cv();
  // After the first training walkers begin at the data. Later they begin anywhere known, so that they visit the region's
  // edges.
  const std::vector<double> &pool = model_.iteration <= 1 || known_.empty() ? data_s_ : known_;
  if (pool.size() < static_cast<std::size_t>(d))
    throw ModelError("Learner: got no point of the data and no label where walkers could start, at least 1 is needed");
  RandomStream random(model_.info().seed, Stream::walker_starts, id, model_.iteration);
  std::vector<double> s(d);
  for (int attempt = 0; attempt < kStartAttempts; ++attempt) {
    const std::uint64_t row = random.below(pool.size() / d);
    s.assign(pool.begin() + row * d, pool.begin() + (row + 1) * d);
    if (model_.space().contains(s.data())) break;
  }
  model_.space().wrap(s.data());
  return s;
}

void Learner::end_run()
{
  if (model_.status == LearningStatus::running) model_.status = LearningStatus::run_ended;
}

void Learner::resume_run()
{
  if (model_.status == LearningStatus::run_ended) model_.status = LearningStatus::running;
}

}    // namespace cgflow
