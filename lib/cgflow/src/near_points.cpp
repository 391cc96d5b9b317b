// SPDX-License-Identifier: GPL-2.0-only
#include "near_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {
constexpr int kMostCells = 32;    // a dimension
}

NearPoints::NearPoints(const CgSpace &space, std::vector<double> points, double radius)
    : space_(space), points_(std::move(points)), radius_(radius)
{
  std::size_t total = 1;
  for (int k = 0; k < std::min(space.n_cv(), kDimensions); ++k) {
    const int fit = radius > 0.0 ? static_cast<int>(std::min(1.0 / radius, double(kMostCells))) : kMostCells;
    // With two cells around a circle the neighbours on both sides would be the same.
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

template <class Visit> void NearPoints::each_in_reach(const double *s, const Visit &visit) const
{
  int low[kDimensions] = {}, high[kDimensions] = {};
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    if (cells_[k] == 1) continue;
    const int at = cell_along(k, s[k]);
    low[k] = space_[k].periodic ? at - 1 : std::max(at - 1, 0);
    high[k] = space_[k].periodic ? at + 1 : std::min(at + 1, cells_[k] - 1);
  }
  const auto around = [&](std::size_t k, int i) {
    return k < cells_.size() ? static_cast<std::size_t>((i + cells_[k]) % cells_[k]) : 0;
  };
  const auto side = [&](std::size_t k) { return k < cells_.size() ? static_cast<std::size_t>(cells_[k]) : 1; };
  for (int i = low[0]; i <= high[0]; ++i)
    for (int j = low[1]; j <= high[1]; ++j)
      for (int k = low[2]; k <= high[2]; ++k) {
        const std::size_t cell = (around(0, i) * side(1) + around(1, j)) * side(2) + around(2, k);
        for (std::size_t m = starts_[cell]; m < starts_[cell + 1]; ++m)
          visit(order_[m], space_.scaled_distance(&points_[order_[m] * space_.n_cv()], s));
      }
}

int NearPoints::count(const double *s) const
{
  int found = 0;
  each_in_reach(s, [&](std::size_t, double distance) { found += distance <= radius_; });
  return found;
}

const double *NearPoints::nearest(const double *s) const
{
  const std::size_t d = space_.n_cv(), n = order_.size();
  std::size_t best = n;
  double least = std::numeric_limits<double>::infinity();
  const auto closer = [&](std::size_t i, double distance) {
    if (distance < least || (distance == least && i < best)) least = distance, best = i;
  };
  each_in_reach(s, closer);
  // Beyond the radius a cell that was not looked at may hold a closer one.
  if (!(least <= radius_))
    for (std::size_t i = 0; i < n; ++i) closer(i, space_.scaled_distance(&points_[i * d], s));
  return &points_[best * d];
}

}    // namespace cgflow
