// SPDX-License-Identifier: GPL-2.0-only
// Lines of the log, and the history for plots.
#include "cgflow/learner.h"

#include "base/grid_points.h"
#include "base/text.h"
#include "explore/learning_costs.h"
#include "explore/strategy.h"

#include <cmath>

namespace cgflow {

namespace {

// Median ESS share of an iteration's labels below which the log warns: 3 of 30 samples do not give a label that can be
// trusted (doc/Howto_cgflow_theory.rst, Constants).
constexpr double kPoorEss = 0.1;
// Grid points per CG variable of the PMF in the history, for one and for two variables.
constexpr int kHistoryPoints = 100, kHistoryPointsOfTwo = 40;

}    // namespace

void Learner::say_estimate()
{
  const Config &c = model_.config();
  const std::int64_t later = training_cost(c.energy.points, c.energy, c.energy.epochs) + label_cost(c.labels);
  log_.line(formatted(
      "about %lld energy evaluations for the first iteration%s; budget %lld", static_cast<long long>(first_cost()),
      strategy_->only_once() ? " (grid)" : formatted(", %lld for each later one", static_cast<long long>(later)).c_str(),
      static_cast<long long>(c.budget)));
}

void Learner::report(const std::vector<double> &centers, const EnergySummary &training, const EnergySummary &labels)
{
  const auto &counts = model_.counts;
  const std::size_t n = centers.size() / model_.space().n_cv();
  std::string line = formatted("iteration %d: ", model_.iteration);
  if (n > 0)
    line += formatted("%zu new points, flow KL %.3g kT, ", n, trainer_.flow_divergence());
  else
    line += "refinement, ";
  line += formatted(
      "ESS share %.2f, rejected %lld, %zu labels, %lld evaluations, RMS std %.3g kT", median_ess_,
      static_cast<long long>(training.rejected + (n > 0 && model_.config().labels.from == "training" ? 0 : labels.rejected)),
      model_.labels().size(), static_cast<long long>(counts.total()), std_rms_);
  if (std::isfinite(pmf_change_)) line += formatted(", PMF change %.3g kT", pmf_change_);
  log_.line(line + against_reference());
  if (training.skipped_steps > 0)
    log_.warning(formatted("%lld training steps were skipped because their loss was not finite",
                           static_cast<long long>(training.skipped_steps)));
  if (median_ess_ < kPoorEss)
    log_.warning(formatted("the median ESS share of the labels is %.3f: the flow does not cover the fine "
                           "coordinates; more training points or a larger flow are needed",
                           median_ess_));
  write_history(centers);
}

std::string Learner::against_reference() const
{
  if (!reference_) return "";
  const auto r = reference_->compare(*surface_, model_.config().explore.below);
  return formatted(", against the reference KLD %.3g, RMS error %.3g kT", r.kld, r.rms);
}

void Learner::write_history(const std::vector<double> &centers)
{
  const CgSpace &space = model_.space();
  const int d = space.n_cv();
  history_ += formatted("# iteration %d evaluations %lld labels %zu std %.6g change %.6g threshold %.6g\n", model_.iteration,
                        static_cast<long long>(model_.counts.total()), model_.labels().size(), std_rms_, pmf_change_,
                        model_.info().threshold);
  const auto row = [&](const char *word, const double *s) {
    history_ += word;
    for (int k = 0; k < d; ++k) history_ += formatted(" %.10g", s[k]);
  };
  for (std::size_t i = 0; i < centers.size() / d; ++i) {
    row("point", &centers[i * d]);
    history_ += "\n";
  }
  if (d > 2) return;
  const std::vector<double> grid = grid_points(space, d == 1 ? kHistoryPoints : kHistoryPointsOfTwo);
  const int n = static_cast<int>(grid.size()) / d;
  std::vector<double> f(n), std(n);
  surface_->evaluate(n, grid.data(), f.data(), std.data(), nullptr);
  for (int i = 0; i < n; ++i) {
    row("pmf", &grid[i * d]);
    history_ += formatted(" %.8g %.8g\n", f[i], std[i]);
  }
}

}    // namespace cgflow
