// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_STRATEGY_H
#define CGFLOW_SRC_STRATEGY_H

#include "cgflow/model.h"
#include "cgflow/pmf_surface.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace cgflow {

/// Chooses the points of each iteration, and when to look for them. A strategy has no state: its choice depends on its
/// arguments and on the model's labels, seed and iteration alone, so it is the same on every rank and after a restart.
/// Points are rows [n, n_cv] in box units.
class Strategy {
 public:
  virtual ~Strategy() = default;

  /// Centers of the first iteration, chosen from the CG points `data` of the training data: at most `explore: keep`.
  virtual std::vector<double> first(const CgSpace &space, const std::vector<double> &data) const;

  /// Centers of the next iteration: at most `explore: keep`, far from each other; none when there is nothing new.
  /// `surface` is the PMF of `model`, and `stopped` are the points of the stopped walkers.
  virtual std::vector<double> next(const Model &model, const PmfSurface &surface,
                                   const std::vector<double> &stopped) const = 0;

  /// True when walkers stop where the std is above the threshold, and an iteration waits for them. Otherwise they are
  /// not used.
  virtual bool needs_walkers() const { return false; }
  /// Sweeps without a stopped walker after which next() is called nevertheless; 0: it is not.
  virtual std::int64_t look_after() const { return 1; }
  /// Sweeps without a new point after which exploring has ended.
  virtual std::int64_t quiet() const { return 1; }
  /// True when the first iteration is the only one, with training at its centers instead of around them.
  virtual bool only_once() const { return false; }

 protected:
  explicit Strategy(const ExploreConfig &explore) : explore_(explore) {}
  /// At most `keep` of the candidates, each as far as possible from `known` and from those chosen before it.
  std::vector<double> choose(const CgSpace &space, const std::vector<double> &candidates, const std::vector<double> &known,
                             int keep) const;

  const ExploreConfig explore_;
};

/// The strategy that `explore: strategy` names.
std::unique_ptr<const Strategy> make_strategy(const ExploreConfig &explore);

/// One for each family, for make_strategy().
std::unique_ptr<const Strategy> make_walker_strategy(const ExploreConfig &explore);       // mc
std::unique_ptr<const Strategy> make_candidate_strategy(const ExploreConfig &explore);    // uniform, variance, ucb
std::unique_ptr<const Strategy> make_grid_strategy(const ExploreConfig &explore);         // grid

}    // namespace cgflow

#endif
