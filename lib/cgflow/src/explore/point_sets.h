// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_POINT_SETS_H
#define CGFLOW_SRC_POINT_SETS_H

#include "cgflow/cg_space.h"
#include "cgflow/random.h"

#include <cstdint>
#include <vector>

namespace cgflow {

// Points are rows [n, n_cv] in box units. Distances are in units of the ranges' widths.

/// Chooses at most `keep` of the candidates, one after the other: always the one farthest from `known` and from those
/// chosen before. Candidates closer than `min_distance` to a chosen one are left out, because its neighborhood contains
/// them. At least one is chosen when there are candidates.
std::vector<double> choose_diverse(const CgSpace &space, const std::vector<double> &candidates,
                                   const std::vector<double> &known, int keep, double min_distance);

/// n points uniform in balls of radius `spread`, inside the ranges. A fraction `old_share` of them lies around random
/// rows of `old` (if there are any), the others around the rows of `centers` in turn. Point i comes from
/// RandomStream(seed, purpose, i, iteration).
std::vector<double> spread_points(const CgSpace &space, const std::vector<double> &centers, const std::vector<double> &old,
                                  double old_share, double spread, std::int64_t n, std::uint64_t seed, Stream purpose,
                                  std::uint64_t iteration);

/// n weighted points over the union of balls of radius `radius` around the rows of `centers`. The weight of a point is
/// the inverse of the number of balls that contain it, which makes the weighted points uniform over the union.
struct WeightedPoints {
  std::vector<double> points, weights;
};
WeightedPoints cover_points(const CgSpace &space, const std::vector<double> &centers, double radius, std::int64_t n,
                            std::uint64_t seed, std::uint64_t iteration);

}    // namespace cgflow

#endif
