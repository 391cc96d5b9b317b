// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_POINT_SETS_H
#define CGFLOW_SRC_POINT_SETS_H

#include "cgflow/cg_space.h"
#include "cgflow/random.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// Points are stored as rows [n, n_cv] in box units. Distances are in units of the ranges' widths.

/// At most `keep` of the candidates, each the one farthest from `known` and from those chosen before; candidates closer
/// than `min_distance` to a chosen one are left out, since its neighbourhood holds them. At least one is chosen.
std::vector<double> choose_diverse(const CgSpace &space, const std::vector<double> &candidates,
                                   const std::vector<double> &known, int keep, double min_distance);

/// n points uniform in balls of radius `spread` around centres: a share `old_share` of them around random rows of `old`
/// (if there are any), the others around the rows of `centres` in turn. Inside the ranges. Point i comes from
/// RandomStream(seed, purpose, i, iteration).
std::vector<double> spread_points(const CgSpace &space, const std::vector<double> &centres, const std::vector<double> &old,
                                  double old_share, double spread, std::int64_t n, std::uint64_t seed, Stream purpose,
                                  std::uint64_t iteration);

/// Points uniform over the union of balls of radius `radius` around the rows of `centres`, with weights: each weight is
/// the inverse of the number of balls that hold the point.
struct WeightedPoints {
  std::vector<double> points, weights;
};
WeightedPoints cover_points(const CgSpace &space, const std::vector<double> &centres, double radius, std::int64_t n,
                            std::uint64_t seed, std::uint64_t iteration);

}    // namespace cgflow

#endif
