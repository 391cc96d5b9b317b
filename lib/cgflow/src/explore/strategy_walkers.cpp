// SPDX-License-Identifier: GPL-2.0-only
#include "explore/candidates.h"
#include "explore/strategy.h"
#include "pmf/label_weights.h"

namespace cgflow {

namespace {

// Threshold Monte Carlo (METHOD section 2): points are those of walkers that stopped. What they leave of an iteration goes
// to the edge of what is known, behind which barriers that no walker crosses may hide basins.
class WalkerStrategy : public Strategy {
 public:
  explicit WalkerStrategy(const ExploreConfig &explore) : Strategy(explore) {}

  std::vector<double> next(const Model &model, const PmfSurface &surface, const std::vector<double> &stopped) const override
  {
    const CgSpace &space = model.space();
    std::vector<double> known = label_points(model.labels());
    std::vector<double> centres = choose(space, stopped, known, explore_.keep);
    const int left = explore_.keep - static_cast<int>(centres.size()) / space.n_cv();
    if (explore_.barrier == 0.0 || left == 0) return centres;
    known.insert(known.end(), centres.begin(), centres.end());
    const Candidates edge = unknown_among(model, surface, points_in_reach(model), explore_.barrier);
    const std::vector<double> more = choose(space, edge.points, known, left);
    centres.insert(centres.end(), more.begin(), more.end());
    return centres;
  }

  bool needs_walkers() const override { return true; }
  std::int64_t look_after() const override { return explore_.barrier > 0.0 ? (explore_.quiet + 9) / 10 : 0; }
  std::int64_t quiet() const override { return explore_.quiet; }
};

}    // namespace

std::unique_ptr<const Strategy> make_walker_strategy(const ExploreConfig &explore)
{
  return std::make_unique<WalkerStrategy>(explore);
}

}    // namespace cgflow
