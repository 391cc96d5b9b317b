// SPDX-License-Identifier: GPL-2.0-only
#include "explore/point_sets.h"

#include "base/near_points.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace cgflow {

namespace {

// Most draws of one point until it lies inside the ranges.
constexpr int kDraws = 100;

// One point uniform in a ball around a center, inside the ranges: the direction of a normal vector and the d-th root of
// a uniform number as radius. Points outside a range are drawn again instead of moved to the edge, where they would
// accumulate.
void draw_in_ball(const CgSpace &space, const double *center, double radius, RandomStream &random, double *out)
{
  const int d = space.n_cv();
  for (int attempt = 0; attempt < kDraws; ++attempt) {
    double norm = 0.0;
    for (int k = 0; k < d; ++k) {
      out[k] = random.normal();
      norm += out[k] * out[k];
    }
    const double r = radius * std::pow(random.uniform(), 1.0 / d) / std::sqrt(norm);
    for (int k = 0; k < d; ++k) out[k] = center[k] + r * out[k] * space[k].width();
    if (space.contains(out)) break;
  }
  for (int k = 0; k < d; ++k)
    if (!space[k].periodic) out[k] = std::clamp(out[k], space[k].lo, space[k].hi);
  space.wrap(out);
}

}    // namespace

std::vector<double> choose_diverse(const CgSpace &space, const std::vector<double> &candidates,
                                   const std::vector<double> &known, int keep, double min_distance)
{
  const int d = space.n_cv();
  const std::size_t n = candidates.size() / d;
  std::vector<double> distance(n, std::numeric_limits<double>::infinity());
  if (!known.empty()) {
    const NearPoints near(space, known, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      const double *candidate = &candidates[i * d];
      distance[i] = space.scaled_distance(candidate, near.nearest(candidate));
    }
  }

  std::vector<double> chosen;
  std::vector<double> gap(n, std::numeric_limits<double>::infinity());
  for (int k = 0; k < keep && n > 0; ++k) {
    std::size_t best = n;
    for (std::size_t i = 0; i < n; ++i)
      if (gap[i] >= min_distance && (best == n || distance[i] > distance[best])) best = i;
    if (best == n) break;
    const double *point = &candidates[best * d];
    chosen.insert(chosen.end(), point, point + d);
    for (std::size_t i = 0; i < n; ++i) {
      gap[i] = std::min(gap[i], space.scaled_distance(&candidates[i * d], point));
      distance[i] = std::min(distance[i], gap[i]);
    }
    gap[best] = -1.0;
  }
  return chosen;
}

std::vector<double> spread_points(const CgSpace &space, const std::vector<double> &centers, const std::vector<double> &old,
                                  double old_share, double spread, std::int64_t n, std::uint64_t seed, Stream purpose,
                                  std::uint64_t iteration)
{
  const int d = space.n_cv();
  const std::size_t n_centers = centers.size() / d, n_old = old.size() / d;
  if (n > 0 && n_centers == 0 && n_old == 0)
    throw ModelError("Points to learn: got no known point and no label to draw " + std::to_string(n) +
                     " points around, at least 1 is needed");
  std::vector<double> points(std::max<std::int64_t>(n, 0) * d);
  for (std::int64_t i = 0; i < n; ++i) {
    RandomStream random(seed, purpose, i, iteration);
    const bool from_old = n_old > 0 && (n_centers == 0 || random.uniform() < old_share);
    const double *center = from_old ? &old[random.below(n_old) * d] : &centers[(i % n_centers) * d];
    draw_in_ball(space, center, spread, random, &points[i * d]);
  }
  return points;
}

WeightedPoints cover_points(const CgSpace &space, const std::vector<double> &centers, double radius, std::int64_t n,
                            std::uint64_t seed, std::uint64_t iteration)
{
  const int d = space.n_cv();
  WeightedPoints cover;
  cover.points = spread_points(space, {}, centers, 1.0, radius, n, seed, Stream::explorer, iteration);
  cover.weights.resize(n);
  const NearPoints near(space, centers, radius);
  for (std::int64_t i = 0; i < n; ++i) cover.weights[i] = 1.0 / std::max(near.count(&cover.points[i * d]), 1);
  return cover;
}

}    // namespace cgflow
