// SPDX-License-Identifier: GPL-2.0-only
#include "candidates.h"

#include "explorer.h"
#include "known_region.h"

#include <algorithm>

namespace cgflow {

namespace {

// Among so many around the labels a basin's rim cannot hide.
constexpr std::int64_t kPoints = 4096;
// What F may be off on a barrier, for each kT that it lies above what is asked for: it only has to lead on.
constexpr double kCoarseness = 0.25;

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
  std::vector<double> f(std::max(n_labels, n)), std(f.size());
  surface.evaluate(static_cast<int>(n_labels), labels.data(), f.data(), nullptr, nullptr);
  const double lowest = *std::min_element(f.begin(), f.begin() + n_labels);
  surface.evaluate(static_cast<int>(n), points.data(), f.data(), std.data(), nullptr);
  Candidates out;
  for (std::size_t i = 0; i < n; ++i) {
    // F beyond the labels is a guess, often far too high: what it may be as low as counts.
    const double error = std[i] / info.kT, height = (f[i] - lowest) / info.kT, hoped = height - 2.0 * error;
    const double asked = info.threshold + kCoarseness * std::max(0.0, hoped - model.config().explore.ceiling);
    if (!(hoped <= limit && error > asked)) continue;
    out.points.insert(out.points.end(), points.begin() + i * d, points.begin() + (i + 1) * d);
    out.height.push_back(height);
    out.std.push_back(error);
  }
  return out;
}

}    // namespace cgflow
