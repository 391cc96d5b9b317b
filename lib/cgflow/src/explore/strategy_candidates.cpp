// SPDX-License-Identifier: GPL-2.0-only
// Strategies that choose among random points by F and std there, without walkers.
#include "explore/candidates.h"
#include "explore/strategy.h"
#include "pmf/label_weights.h"

#include <algorithm>
#include <numeric>

namespace cgflow {

namespace {

// Fraction of the candidates, the best by the strategy's own measure, among which the farthest points are chosen. The
// very best alone would all lie at one place. (doc/Howto_cgflow_theory.rst, Constants)
constexpr double kBestShare = 0.25;

// Candidates are looked for up to the higher one of `barrier` and `ceiling`.
class CandidateStrategy : public Strategy {
 public:
  using Strategy::Strategy;

  std::vector<double> next(const Model &model, const PmfSurface &surface, const std::vector<double> &) const override
  {
    const double limit = std::max(explore_.barrier, explore_.ceiling);
    const Candidates unknown = unknown_among(model, surface, draw(model), limit);
    return choose(model.space(), best(unknown, model.space().n_cv()), label_points(model.labels()), explore_.keep);
  }

 protected:
  virtual std::vector<double> draw(const Model &model) const = 0;
  /// The candidates among which the farthest points are chosen.
  virtual std::vector<double> best(const Candidates &candidates, int d) const = 0;

  std::vector<double> lowest(const std::vector<double> &score, const Candidates &candidates, int d) const
  {
    const std::size_t n = score.size();
    const auto few = std::max<std::size_t>(static_cast<std::size_t>(kBestShare * static_cast<double>(n)), explore_.keep);
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return score[a] < score[b]; });
    order.resize(std::min(few, n));
    std::vector<double> points;
    for (const std::size_t i : order)
      points.insert(points.end(), candidates.points.begin() + i * d, candidates.points.begin() + (i + 1) * d);
    return points;
  }
};

class UniformStrategy : public CandidateStrategy {
 public:
  explicit UniformStrategy(const ExploreConfig &explore) : CandidateStrategy(explore) {}

 protected:
  std::vector<double> draw(const Model &model) const override { return points_everywhere(model); }
  std::vector<double> best(const Candidates &candidates, int) const override { return candidates.points; }
};

class VarianceStrategy : public CandidateStrategy {
 public:
  explicit VarianceStrategy(const ExploreConfig &explore) : CandidateStrategy(explore) {}

 protected:
  std::vector<double> draw(const Model &model) const override { return points_in_reach(model); }
  std::vector<double> best(const Candidates &candidates, int d) const override
  {
    std::vector<double> score = candidates.std;
    for (double &value : score) value = -value;
    return lowest(score, candidates, d);
  }
};

// The upper confidence bound of -F.
class UcbStrategy : public CandidateStrategy {
 public:
  explicit UcbStrategy(const ExploreConfig &explore) : CandidateStrategy(explore) {}

 protected:
  std::vector<double> draw(const Model &model) const override { return points_in_reach(model); }
  std::vector<double> best(const Candidates &candidates, int d) const override
  {
    std::vector<double> score = candidates.height;
    for (std::size_t i = 0; i < score.size(); ++i) score[i] -= explore_.kappa * candidates.std[i];
    return lowest(score, candidates, d);
  }
};

}    // namespace

std::unique_ptr<const Strategy> make_candidate_strategy(const ExploreConfig &explore)
{
  if (explore.strategy == "uniform") return std::make_unique<UniformStrategy>(explore);
  if (explore.strategy == "variance") return std::make_unique<VarianceStrategy>(explore);
  return std::make_unique<UcbStrategy>(explore);
}

}    // namespace cgflow
