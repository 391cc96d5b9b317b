// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_GRID_POINTS_H
#define CGFLOW_SRC_GRID_POINTS_H

#include "cgflow/cg_space.h"

#include <vector>

namespace cgflow {

/// The points of a grid, the product of `axes`, as rows; the last axis is fastest.
inline std::vector<double> grid_rows(const std::vector<std::vector<double>> &axes)
{
  std::size_t n = 1;
  for (const auto &axis : axes) n *= axis.size();
  std::vector<double> s(n * axes.size());
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t rest = i;
    for (std::size_t k = axes.size(); k-- > 0; rest /= axes[k].size())
      s[i * axes.size() + k] = axes[k][rest % axes[k].size()];
  }
  return s;
}

/// Regular grid over the ranges with `points` per dimension: cell centers as rows [points^n_cv, n_cv], in box units.
inline std::vector<double> grid_points(const CgSpace &space, int points)
{
  std::vector<std::vector<double>> axes(space.n_cv());
  for (int k = 0; k < space.n_cv(); ++k)
    for (int i = 0; i < points; ++i) axes[k].push_back(space[k].lo + space[k].width() * (0.5 + i) / points);
  return grid_rows(axes);
}

}    // namespace cgflow

#endif
