// SPDX-License-Identifier: GPL-2.0-only
#include "base/grid_points.h"
#include "explore/strategy.h"

namespace cgflow {

namespace {

// The baseline of the paper: one iteration on a uniform grid.
class GridStrategy : public Strategy {
 public:
  explicit GridStrategy(const ExploreConfig &explore) : Strategy(explore) {}

  std::vector<double> first(const CgSpace &space, const std::vector<double> &) const override
  {
    return grid_points(space, explore_.grid);
  }
  std::vector<double> next(const Model &, const PmfSurface &, const std::vector<double> &) const override { return {}; }
  bool only_once() const override { return true; }
};

}    // namespace

std::unique_ptr<const Strategy> make_grid_strategy(const ExploreConfig &explore)
{
  return std::make_unique<GridStrategy>(explore);
}

}    // namespace cgflow
