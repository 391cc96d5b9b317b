// SPDX-License-Identifier: GPL-2.0-only
#include "explore/candidates.h"
#include "explore/strategy.h"
#include "pmf/label_weights.h"

namespace cgflow {

namespace {

// The edge is looked at after this fraction of the quiet sweeps: once in 10.
constexpr std::int64_t kLooks = 10;

// Threshold Monte Carlo of the paper: the points are those of stopped walkers. If these are fewer than `keep`, the other
// points lie at the edge of the known region, because basins may be hidden behind barriers that no walker crosses.
class WalkerStrategy : public Strategy {
 public:
  explicit WalkerStrategy(const ExploreConfig &explore) : Strategy(explore) {}

  std::vector<double> next(const Model &model, const PmfSurface &surface, const std::vector<double> &stopped) const override
  {
    const CgSpace &space = model.space();
    std::vector<double> known = label_points(model.labels());
    std::vector<double> centers = choose(space, stopped, known, explore_.keep);
    const int left = explore_.keep - static_cast<int>(centers.size()) / space.n_cv();
    if (explore_.barrier == 0.0 || left == 0) return centers;
    known.insert(known.end(), centers.begin(), centers.end());
    const Candidates edge = unknown_among(model, surface, points_in_reach(model), explore_.barrier);
    const std::vector<double> more = choose(space, edge.points, known, left);
    centers.insert(centers.end(), more.begin(), more.end());
    return centers;
  }

  bool needs_walkers() const override { return true; }
  std::int64_t look_after() const override { return explore_.barrier > 0.0 ? (explore_.quiet + kLooks - 1) / kLooks : 0; }
  std::int64_t quiet() const override { return explore_.quiet; }
};

}    // namespace

std::unique_ptr<const Strategy> make_walker_strategy(const ExploreConfig &explore)
{
  return std::make_unique<WalkerStrategy>(explore);
}

}    // namespace cgflow
