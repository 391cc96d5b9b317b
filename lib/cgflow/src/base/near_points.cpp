// SPDX-License-Identifier: GPL-2.0-only
#include "base/near_points.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace cgflow {

namespace {
constexpr int kMostCells = 32;    // per dimension
}

NearPoints::NearPoints(const CgSpace &space, std::vector<double> points, double radius)
    : space_(space), points_(std::move(points)), radius_(radius)
{
  std::size_t total = 1;
  for (int k = 0; k < std::min(space.n_cv(), kDimensions); ++k) {
    const int fit = radius > 0.0 ? static_cast<int>(std::min(1.0 / radius, double(kMostCells))) : kMostCells;
    // With two cells in a periodic dimension the neighbors on both sides would be the same cell.
    cells_.push_back(fit < 3 ? 1 : fit);
    total *= cells_.back();
  }
  const std::size_t d = space.n_cv(), n = points_.size() / d;
  std::vector<std::size_t> cell(n, 0);
  starts_.assign(total + 1, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < cells_.size(); ++k) cell[i] = cell[i] * cells_[k] + cell_along(k, points_[i * d + k]);
    ++starts_[cell[i] + 1];
  }
  for (std::size_t c = 0; c < total; ++c) starts_[c + 1] += starts_[c];
  std::vector<std::size_t> next(starts_.begin(), starts_.end() - 1);
  order_.resize(n);
  for (std::size_t i = 0; i < n; ++i) order_[next[cell[i]]++] = i;
}

int NearPoints::cell_along(int k, double value) const
{
  double share = (value - space_[k].lo) / space_[k].width();
  if (space_[k].periodic) share -= std::floor(share);
  return std::clamp(static_cast<int>(std::clamp(share, 0.0, 1.0) * cells_[k]), 0, cells_[k] - 1);
}

// Visits the points of all cells whose largest distance from the cell of s in any dimension is `reach` cells. The shells
// 0, 1, 2 ... contain each cell once. Returns false when no cell is that far away.
template <class Visit> bool NearPoints::each_in_shell(const double *s, int reach, const Visit &visit) const
{
  int at[kDimensions] = {}, low[kDimensions] = {}, high[kDimensions] = {};
  bool left = reach == 0;
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    const int before = space_[k].periodic ? (cells_[k] - 1) / 2 : cell_along(k, s[k]);
    const int after = cells_[k] - 1 - before;
    at[k] = cell_along(k, s[k]);
    low[k] = -std::min(reach, before);
    high[k] = std::min(reach, after);
    left = left || reach <= std::max(before, after);
  }
  const auto place = [&](std::size_t k, int offset) {
    return k < cells_.size() ? static_cast<std::size_t>((at[k] + offset + cells_[k]) % cells_[k]) : 0;
  };
  const auto side = [&](std::size_t k) { return k < cells_.size() ? static_cast<std::size_t>(cells_[k]) : 1; };
  for (int i = low[0]; i <= high[0]; ++i)
    for (int j = low[1]; j <= high[1]; ++j)
      for (int k = low[2]; k <= high[2]; ++k) {
        if (std::max({std::abs(i), std::abs(j), std::abs(k)}) != reach) continue;
        const std::size_t cell = (place(0, i) * side(1) + place(1, j)) * side(2) + place(2, k);
        for (std::size_t m = starts_[cell]; m < starts_[cell + 1]; ++m)
          visit(order_[m], space_.scaled_distance(&points_[order_[m] * space_.n_cv()], s));
      }
  return left;
}

int NearPoints::count(const double *s) const
{
  int found = 0;
  for (int reach = 0; reach <= 1; ++reach)    // a cell is as wide as the radius
    each_in_shell(s, reach, [&](std::size_t, double distance) { found += distance <= radius_; });
  return found;
}

const double *NearPoints::nearest(const double *s) const
{
  std::size_t best = order_.size();
  double least = std::numeric_limits<double>::infinity(), side = 1.0;
  for (const int cells : cells_) side = std::min(side, 1.0 / cells);
  const auto closer = [&](std::size_t i, double distance) {
    if (distance < least || (distance == least && i < best)) least = distance, best = i;
  };
  // Points that have not been visited yet are at least `reach` cells away.
  for (int reach = 0; each_in_shell(s, reach, closer) && !(least < reach * side); ++reach) {}
  if (best == order_.size())
    throw ModelError("Nearest point: got " + std::to_string(best) +
                     " points, none at a finite distance, expected at least 1");
  return &points_[best * space_.n_cv()];
}

}    // namespace cgflow
