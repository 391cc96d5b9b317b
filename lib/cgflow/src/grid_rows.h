// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_GRID_ROWS_H
#define CGFLOW_SRC_GRID_ROWS_H

#include <vector>

namespace cgflow {

/// The points of a grid, the product of `axes`, as rows; the last axis is the fastest.
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

}    // namespace cgflow

#endif
