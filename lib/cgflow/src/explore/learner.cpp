// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/learner.h"

#include "base/grid_points.h"
#include "explore/known_region.h"
#include "explore/point_sets.h"
#include "explore/strategy.h"
#include "pmf/label_weights.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

namespace cgflow {

namespace {

constexpr int kMaxRefinements = 20;
// A median ESS share from which labels are taken as they come while exploring, how often training is repeated to get there,
// and what each training must gain; and a share below which the flow is consolidated again before more labels.
constexpr double kEnoughEss = 0.35;
constexpr double kEssGain = 1.1;
constexpr int kTrainingAttempts = 4;
constexpr double kGoodEss = 0.5;
// Samples of a round of refinement over what all labels are worth.
constexpr double kLeastRound = 0.2, kLargestRound = 0.5;
// Random draws of points in an iteration, each with streams of its own: those of the training attempts, then two more.
constexpr int kDraws = kTrainingAttempts + 2;

template <typename... Args> std::string format(const char *pattern, Args... args)
{
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, pattern, args...);
  return buffer;
}

std::int64_t training_cost(double points, const EnergyConfig &energy, int epochs)
{
  const double test = std::floor(energy.test * points);
  return std::llround((points - test) * energy.latent * epochs + test);
}

std::int64_t label_cost(const LabelConfig &labels)
{
  return labels.from == "training" ? 0 : static_cast<std::int64_t>(labels.points) * labels.latent;
}

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

// Keys random streams: draws of one iteration are numbered from 0 to kDraws - 1.
std::uint64_t Learner::draw_key(int number) const { return static_cast<std::uint64_t>(model_.iteration) * kDraws + number; }

bool Learner::affordable(std::int64_t evaluations)
{
  if (model_.counts.total() + evaluations <= model_.config().budget) return true;
  model_.status = out_of_budget;
  phase_ = Phase::finished;
  log_.line(format("the budget of %lld energy evaluations is spent (%lld so far, the next step needs %lld)",
                   static_cast<long long>(model_.config().budget), static_cast<long long>(model_.counts.total()),
                   static_cast<long long>(evaluations)));
  return false;
}

std::int64_t Learner::first_cost() const
{
  const Config &c = model_.config();
  const std::size_t points =
      strategy_->only_once() ? strategy_->first(model_.space(), {}).size() / model_.space().n_cv() : c.energy.points;
  return training_cost(static_cast<double>(points), c.energy, c.energy.first_epochs) + label_cost(c.labels);
}

void Learner::say_estimate()
{
  const Config &c = model_.config();
  const std::int64_t later = training_cost(c.energy.points, c.energy, c.energy.epochs) + label_cost(c.labels);
  log_.line(
      format("about %lld energy evaluations for the first iteration%s; budget %lld", static_cast<long long>(first_cost()),
             strategy_->only_once() ? " (grid)" : format(", %lld for each later one", static_cast<long long>(later)).c_str(),
             static_cast<long long>(c.budget)));
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
  log_.line(format("trained by example on %d frames, loss %.4g (test %.4g on %d frames)", example.frames, example.loss,
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
  for (int k = 0; k < space.n_cv(); ++k) text += format("%s%s %.4g", k ? ", " : "", space[k].name.c_str(), data_s_[k]);
  if (!space.contains(data_s_.data()))
    throw ModelError("the molecule's configuration lies outside the ranges of the CG variables: " + text);
  log_.line(format("starts from the structure at %s, %lld energy evaluations for it", text.c_str(),
                   static_cast<long long>(model_.counts.example)));
  begin_exploring();
}

void Learner::begin_exploring()
{
  phase_ = Phase::exploring;
  learn_around(strategy_->first(model_.space(), data_s_), model_.config().energy.first_epochs);
}

// Walkers start at the data's CG points and the first labels lie around them, so these must be in the CG space.
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
        format("%zu of the %zu frames of %s lie outside the ranges of the CG variables", outside, n, dump.c_str()));
  std::string text =
      format("train: example: none of the %zu frames of %s lies in the ranges of the CG variables", n, dump.c_str());
  for (int k = 0; k < d; ++k) {
    double lo = s[k], hi = s[k];
    for (std::size_t i = 0; i < n; ++i) lo = std::min(lo, s[i * d + k]), hi = std::max(hi, s[i * d + k]);
    text += format("%s %s is %g to %g, its range is %g to %g", k ? ";" : ":", space[k].name.c_str(), lo, hi, space[k].lo,
                   space[k].hi);
  }
  throw ModelError(text);
}

void Learner::begin_from_model()
{
  model_.status = running;
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
  model_.status = converged;
  phase_ = Phase::finished;
  log_.line(format("converged: %lld sweep%s without a new point, RMS std %.3g kT over the known region",
                   static_cast<long long>(quiet_), quiet_ == 1 ? "" : "s", std_rms_) +
            against_reference());
  return Decision::finish;
}

void Learner::iterate(const std::vector<double> &stopped_points)
{
  const std::vector<double> centres = strategy_->next(model_, *surface_, stopped_points);
  quiet_ = waited_ = 0;
  if (centres.empty()) {
    phase_ = Phase::refining;
    refine();
    // Nothing that it has left undone would bring new points.
    refined_ = refined_ || strategy_->only_once();
    return;
  }
  phase_ = Phase::exploring;
  refined_ = false;
  learn_around(centres, model_.config().energy.epochs);
}

void Learner::learn_around(const std::vector<double> &centres, int epochs)
{
  const auto before = surface_;
  EnergySummary training, labels;
  if (!train_and_label(centres, epochs, training, labels)) return;
  finish_iteration(before.get(), centres, training, labels);
}

// Late in exploring single points are new, and the flow is good already: an iteration then costs as much as its points ask.
double Learner::share_of_iteration(std::size_t new_points) const
{
  const EnergyConfig &energy = model_.config().energy;
  if (energy.each == 0 || model_.iteration == 0) return 1.0;
  return std::min(1.0, static_cast<double>(energy.each) * new_points / energy.points);
}

// Training and labels around the centres. A flow that is far off gives labels that mislead the PMF: they are thrown away
// and the training goes on, as long as it helps. False when the budget does not hold it.
bool Learner::train_and_label(const std::vector<double> &centres, int epochs, EnergySummary &training, EnergySummary &labels)
{
  const Config &c = model_.config();
  const ModelInfo &info = model_.info();
  const CgSpace &space = model_.space();
  const std::size_t d = space.n_cv();
  const double share = share_of_iteration(centres.size() / d);
  const bool at_centres = strategy_->only_once();
  const auto points = at_centres ? static_cast<std::int64_t>(centres.size() / d) : std::llround(share * c.energy.points);
  const auto label_points_wanted = std::max<std::int64_t>(1, std::llround(share * c.labels.points));
  const std::vector<double> old = label_points(model_.labels());
  const std::size_t labels_before = model_.labels().size();
  double last_ess = median_ess_;
  for (int attempt = 0; attempt < kTrainingAttempts; ++attempt) {
    if (!affordable(training_cost(static_cast<double>(points), c.energy, epochs) + label_cost(c.labels))) return attempt > 0;
    if (attempt > 0) trainer_.drop_labels(static_cast<std::int64_t>(model_.labels().size() - labels_before));
    const std::uint64_t key = draw_key(attempt);
    training = trainer_.train_by_energy(at_centres ? centres
                                                   : spread_points(space, centres, old, c.explore.old, c.explore.spread,
                                                                   points, info.seed, Stream::conditions, key),
                                        c.energy, epochs, c.labels);
    labels = training;
    if (c.labels.from == "training") return true;
    // The chosen points themselves, then their neighbourhoods.
    const std::size_t wanted = label_points_wanted * d;
    std::vector<double> where;
    const std::size_t stride = std::max<std::size_t>(1, centres.size() / wanted);
    for (std::size_t i = 0; i < centres.size() / d && where.size() < wanted; i += stride)
      where.insert(where.end(), centres.begin() + i * d, centres.begin() + (i + 1) * d);
    const std::vector<double> around = spread_points(space, centres, {}, 0.0, c.explore.spread, (wanted - where.size()) / d,
                                                     info.seed, Stream::label_points, key);
    where.insert(where.end(), around.begin(), around.end());
    labels = trainer_.add_labels(where, c.labels.latent);
    const double gain = labels.ess_share / std::exchange(last_ess, labels.ess_share);
    // A flow that was no better after the last training is as good as it gets for now.
    if (labels.ess_share >= kEnoughEss || (gain < kEssGain && (attempt > 0 || gain * kEssGain > 1.0))) break;
  }
  // The labels that few new points do not need go where the known region asks for them.
  const std::int64_t rest = c.labels.points - label_points_wanted;
  if (rest > 0 && surface_)
    labels.evaluations +=
        trainer_.add_labels(draw_where_uncertain(rest, Stream::label_points, kTrainingAttempts), c.labels.latent)
            .evaluations;
  return true;
}

void Learner::finish_iteration(const PmfSurface *before, const std::vector<double> &centres, const EnergySummary &training,
                               const EnergySummary &labels)
{
  fit(before);
  median_ess_ = labels.ess_share;
  report(centres, training, labels);
}

void Learner::fit(const PmfSurface *before)
{
  trainer_.fit();
  ++model_.iteration;
  refresh_surface();
  pmf_change_ = before ? rms_change(model_, *before, *surface_) : std::numeric_limits<double>::quiet_NaN();
}

// When exploring has ended: a flow that is good everywhere, then labels where the std asks for them, until its RMS over the
// known region meets the target.
void Learner::refine()
{
  const Config &c = model_.config();
  if (c.explore.target > 0.0) {
    bool poor_flow = true;
    for (int round = 0; round < kMaxRefinements && std_rms_ > c.explore.target; ++round) {
      if (poor_flow && !consolidate()) return;
      if (std_rms_ <= c.explore.target) break;
      // The error falls with the root of the number of samples. A round adds a part of them, since the first few tell the std
      // only roughly.
      const double present = samples_worth(model_.labels(), model_.space(), comm_) / c.labels.latent;
      const double wanted = present * (std::pow(std_rms_ / c.explore.target, 2) - 1.0);
      const auto n = static_cast<std::int64_t>(
          std::max(0.5 * c.labels.points, std::clamp(wanted, kLeastRound * present, kLargestRound * present)));
      if (!affordable(n * c.labels.latent)) return;
      const double before = std_rms_;
      add_labels_by_std(n);
      poor_flow = median_ess_ < kGoodEss;
      // A round that gains less than half of what its number promises is of no use: more labels of a flow that leaves out a
      // part of the fine coordinates only make it seen, by a std above the threshold, where walkers stop and training goes on.
      const double promised = std::sqrt(present / (present + static_cast<double>(n)));
      if (std_rms_ > 0.5 * (1.0 + promised) * before && std_rms_ > c.explore.target) return;
    }
    if (std_rms_ > c.explore.target)
      log_.warning(
          format("refinement ended at an RMS std of %.3g kT, above the target of %g kT", std_rms_, c.explore.target));
  }
  refined_ = true;
}

// Each iteration trained the flow around its own points. One more training over the whole known region makes labels there
// worth more than their number does: on Mueller-Brown the RMS error falls from 0.017 to 0.012 kT at the same evaluations.
// The rate is low, since the flow is good already. False when the budget does not hold it.
bool Learner::consolidate()
{
  const Config &c = model_.config();
  if (c.consolidate.points == 0) return true;
  EnergyConfig energy = c.energy;
  energy.rate = c.consolidate.rate;
  energy.final_rate = c.consolidate.final_rate;
  const std::int64_t n = c.consolidate.points;
  if (!affordable(training_cost(static_cast<double>(n), energy, 1))) return false;
  std::vector<double> points = draw_where_uncertain(n / 2, Stream::conditions, 0);
  const std::vector<double> everywhere =
      spread_points(model_.space(), {}, label_points(model_.labels()), 1.0, 0.5 * c.explore.spread, n - n / 2,
                    model_.info().seed, Stream::conditions, draw_key(2));
  points.insert(points.end(), everywhere.begin(), everywhere.end());
  trainer_.train_by_energy(points, energy, 1, c.labels);
  const std::string what = format("consolidated the flow on %lld points, flow KL %.3g kT, ", static_cast<long long>(n),
                                  trainer_.flow_divergence());
  const std::string spent = format("%lld evaluations", static_cast<long long>(model_.counts.total()));
  if (c.labels.from == "frozen") {
    log_.line(what + spent);
    return true;
  }
  const auto before = surface_;
  fit(before.get());
  log_.line(format("iteration %d: ", model_.iteration) + what + format("%zu labels, ", model_.labels().size()) + spent +
            format(", RMS std %.3g kT, PMF change %.3g kT", std_rms_, pmf_change_) + against_reference());
  write_history({});
  return true;
}

void Learner::add_labels_by_std(std::int64_t n)
{
  const auto before = surface_;
  const EnergySummary labels =
      trainer_.add_labels(draw_where_uncertain(n, Stream::label_points, 0), model_.config().labels.latent);
  finish_iteration(before.get(), {}, {}, labels);
}

std::vector<double> Learner::draw_where_uncertain(std::int64_t n, Stream purpose, int number) const
{
  return KnownRegion(model_, *surface_).draw(n, purpose, draw_key(number));
}

void Learner::refresh_surface()
{
  surface_ = model_.surface();
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
  // After the first training walkers begin at the data; later anywhere known, so that the region's edges are visited.
  const std::vector<double> &pool = model_.iteration <= 1 || known_.empty() ? data_s_ : known_;
  RandomStream random(model_.info().seed, Stream::walker_starts, id, model_.iteration);
  std::vector<double> s(d);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::uint64_t row = random.below(pool.size() / d);
    s.assign(pool.begin() + row * d, pool.begin() + (row + 1) * d);
    if (model_.space().contains(s.data())) break;
  }
  model_.space().wrap(s.data());
  return s;
}

void Learner::end_run()
{
  if (model_.status == running) model_.status = run_ended;
}

void Learner::resume_run()
{
  if (model_.status == run_ended) model_.status = running;
}

void Learner::report(const std::vector<double> &centres, const EnergySummary &training, const EnergySummary &labels)
{
  const auto &counts = model_.counts;
  const std::size_t n = centres.size() / model_.space().n_cv();
  std::string line = format("iteration %d: ", model_.iteration);
  if (n > 0)
    line += format("%zu new points, flow KL %.3g kT, ", n, trainer_.flow_divergence());
  else
    line += "refinement, ";
  line += format(
      "ESS share %.2f, rejected %lld, %zu labels, %lld evaluations, RMS std %.3g kT", median_ess_,
      static_cast<long long>(training.rejected + (n > 0 && model_.config().labels.from == "training" ? 0 : labels.rejected)),
      model_.labels().size(), static_cast<long long>(counts.total()), std_rms_);
  if (std::isfinite(pmf_change_)) line += format(", PMF change %.3g kT", pmf_change_);
  log_.line(line + against_reference());
  if (training.skipped_steps > 0)
    log_.warning(format("%lld training steps were skipped because their loss was not finite",
                        static_cast<long long>(training.skipped_steps)));
  // METHOD section 6: below 3 of 30 the labels cannot be trusted.
  if (median_ess_ < 0.1)
    log_.warning(format("the median ESS share of the labels is %.3f: the flow does not cover the fine "
                        "coordinates; more training points or a larger flow are needed",
                        median_ess_));
  write_history(centres);
}

std::string Learner::against_reference() const
{
  if (!reference_) return "";
  const auto r = reference_->compare(*surface_, model_.config().explore.below);
  return format(", against the reference KLD %.3g, RMS error %.3g kT", r.kld, r.rms);
}

void Learner::write_history(const std::vector<double> &centres)
{
  const CgSpace &space = model_.space();
  const int d = space.n_cv();
  history_ += format("# iteration %d evaluations %lld labels %zu std %.6g change %.6g threshold %.6g\n", model_.iteration,
                     static_cast<long long>(model_.counts.total()), model_.labels().size(), std_rms_, pmf_change_,
                     model_.info().threshold);
  const auto row = [&](const char *word, const double *s) {
    history_ += word;
    for (int k = 0; k < d; ++k) history_ += format(" %.10g", s[k]);
  };
  for (std::size_t i = 0; i < centres.size() / d; ++i) {
    row("point", &centres[i * d]);
    history_ += "\n";
  }
  if (d > 2) return;
  const std::vector<double> grid = grid_points(space, d == 1 ? 100 : 40);
  const int n = static_cast<int>(grid.size()) / d;
  std::vector<double> f(n), std(n);
  surface_->evaluate(n, grid.data(), f.data(), std.data(), nullptr);
  for (int i = 0; i < n; ++i) {
    row("pmf", &grid[i * d]);
    history_ += format(" %.8g %.8g\n", f[i], std[i]);
  }
}

void Learner::store(Archive &archive) const
{
  model_.store(archive);
  archive.put("learner.phase", std::int64_t{static_cast<int>(phase_)});
  archive.put("learner.data", data_s_, {static_cast<std::int64_t>(data_s_.size())});
  archive.put("learner.counters", std::vector<std::int64_t>{quiet_, waited_, refined_});
  archive.put("learner.figures", std::vector<double>{median_ess_, pmf_change_}, {2});
  archive.put("learner.history", history_);
}

void Learner::load(const Archive &archive)
{
  Model model = Model::from_archive(archive);
  model_ = std::move(model);
  phase_ = static_cast<Phase>(archive.integer("learner.phase"));
  data_s_ = archive.numbers("learner.data");
  const auto &counters = archive.integers("learner.counters");
  const auto &figures = archive.numbers("learner.figures");
  if (counters.size() != 3 || figures.size() != 2) throw ModelError("State file: the learner's counters are incomplete");
  quiet_ = counters[0];
  waited_ = counters[1];
  refined_ = counters[2] != 0;
  median_ess_ = figures[0];
  pmf_change_ = figures[1];
  history_ = archive.text("learner.history");
  if (model_.has_pmf()) refresh_surface();
}

}    // namespace cgflow
