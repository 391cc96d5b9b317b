// SPDX-License-Identifier: GPL-2.0-only
#include "explore/strategy.h"

#include "explore/point_sets.h"

namespace cgflow {

std::vector<double> Strategy::first(const CgSpace &space, const std::vector<double> &data) const
{
  return choose_diverse(space, data, {}, explore_.keep, explore_.spread);
}

std::vector<double> Strategy::choose(const CgSpace &space, const std::vector<double> &candidates,
                                     const std::vector<double> &known, int keep) const
{
  return choose_diverse(space, candidates, known, keep, 0.5 * explore_.spread);
}

std::unique_ptr<const Strategy> make_strategy(const ExploreConfig &explore)
{
  if (explore.strategy == "mc") return make_walker_strategy(explore);
  if (explore.strategy == "grid") return make_grid_strategy(explore);
  return make_candidate_strategy(explore);
}

}    // namespace cgflow
