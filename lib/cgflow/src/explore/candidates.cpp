// SPDX-License-Identifier: GPL-2.0-only
#include "explore/candidates.h"

#include "base/near_points.h"
#include "explore/avoided_points.h"
#include "explore/point_sets.h"
#include "pmf/label_weights.h"

#include <algorithm>

namespace cgflow {

namespace {

// Constants, see doc/Howto_cgflow_theory.rst, Constants.
// Random points: with 4096 of them some lie on the rim of each basin that a label reaches.
constexpr std::int64_t kPoints = 4096;
// Additional std that is allowed per kT above the ceiling. A barrier need only be known well enough to look beyond it.
constexpr double kCoarseness = 0.25;
// Std below its mean that F is assumed to be: outside the labels F is a guess, and often far too high.
constexpr double kHopedStd = 2.0;

// Each point moved by one spread away from its nearest label; a point that would leave the ranges stays.
std::vector<double> points_behind(const Model &model, const std::vector<double> &points)
{
  const CgSpace &space = model.space();
  const NearPoints labels(space, label_points(model.labels()), 0.0);
  const std::size_t d = space.n_cv();
  std::vector<double> out = points, step(d), moved(d);
  for (std::size_t i = 0; i < points.size() / d; ++i) {
    const double *point = &points[i * d], *nearest = labels.nearest(point);
    const double distance = space.scaled_distance(nearest, point);
    if (distance == 0.0) continue;
    space.scaled_displacement(nearest, point, step.data());
    for (std::size_t k = 0; k < d; ++k)
      moved[k] = point[k] + step[k] / distance * model.config().explore.spread * space[k].width();
    space.wrap(moved.data());
    if (space.contains(moved.data())) std::copy(moved.begin(), moved.end(), out.begin() + i * d);
  }
  return out;
}

}    // namespace

std::vector<double> points_in_reach(const Model &model)
{
  return spread_points(model.space(), {}, label_points(model.labels()), 1.0, model.config().explore.spread, kPoints,
                       model.info().seed, Stream::explorer, model.iteration);
}

std::vector<double> points_everywhere(const Model &model)
{
  const CgSpace &space = model.space();
  std::vector<double> points;
  for (std::int64_t i = 0; i < kPoints; ++i) {
    RandomStream random(model.info().seed, Stream::explorer, i, model.iteration);
    for (int k = 0; k < space.n_cv(); ++k) points.push_back(space[k].lo + space[k].width() * random.uniform());
  }
  return points;
}

Candidates unknown_among(const Model &model, const PmfSurface &surface, const std::vector<double> &points, double limit)
{
  const ModelInfo &info = model.info();
  const std::vector<double> labels = label_points(model.labels());
  const std::size_t d = model.space().n_cv(), n_labels = labels.size() / d, n = points.size() / d;
  std::vector<double> label_f(n_labels);
  surface.evaluate(static_cast<int>(n_labels), labels.data(), label_f.data(), nullptr, nullptr);
  const double lowest = *std::min_element(label_f.begin(), label_f.end());
  const auto look = [&](const std::vector<double> &at) {
    Candidates seen{at, std::vector<double>(n), std::vector<double>(n)};
    surface.evaluate(static_cast<int>(n), at.data(), seen.height.data(), seen.std.data(), nullptr);
    for (double &height : seen.height) height = (height - lowest) / info.kT;
    for (double &std : seen.std) std /= info.kT;
    return seen;
  };
  const auto hoped = [](const Candidates &c, std::size_t i) { return c.height[i] - kHopedStd * c.std[i]; };
  const auto unknown = [&](const Candidates &c, std::size_t i) {
    const double excess = std::max(0.0, hoped(c, i) - model.config().explore.ceiling);
    return hoped(c, i) <= limit && c.std[i] > info.threshold + kCoarseness * excess;
  };
  const Candidates near = look(points), far = look(points_behind(model, points));
  const AvoidedPoints avoided(model);
  Candidates out;
  for (std::size_t i = 0; i < n; ++i) {
    if (avoided.contains(&points[i * d])) continue;
    const bool on_the_way = near.std[i] > info.threshold && hoped(near, i) <= limit && unknown(far, i);
    if (!unknown(near, i) && !on_the_way) continue;
    out.points.insert(out.points.end(), points.begin() + i * d, points.begin() + (i + 1) * d);
    out.height.push_back(near.height[i]);
    out.std.push_back(near.std[i]);
  }
  return out;
}

}    // namespace cgflow
