// SPDX-License-Identifier: GPL-2.0-only
#include "explore/known_region.h"

#include "explore/avoided_points.h"
#include "explore/point_sets.h"
#include "pmf/label_weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace cgflow {

namespace {

// Points on which std and change are measured. The statistical error of an RMS over 1024 points is 2 %.
// (doc/Howto_cgflow_theory.rst, Constants)
constexpr std::int64_t kCoverPoints = 1024;

bool has_weight(const std::vector<double> &weights)
{
  return std::any_of(weights.begin(), weights.end(), [](double weight) { return weight > 0.0; });
}

}    // namespace

KnownRegion::KnownRegion(const Model &model, const PmfSurface &surface) : model_(model), std_(kCoverPoints)
{
  const ModelInfo &info = model.info();
  const ExploreConfig &explore = model.config().explore;
  WeightedPoints drawn = cover_points(model.space(), label_points(model.labels()), 0.5 * explore.spread, kCoverPoints,
                                      info.seed, model.iteration);
  std::vector<double> f(kCoverPoints);
  points_ = std::move(drawn.points);
  weights_ = std::move(drawn.weights);
  surface.evaluate(kCoverPoints, points_.data(), f.data(), std_.data(), nullptr);
  const double lowest = *std::min_element(f.begin(), f.end());
  for (double &std : std_) std /= info.kT;
  for (std::int64_t i = 0; i < kCoverPoints; ++i)
    if (f[i] - lowest > explore.ceiling * info.kT) weights_[i] = 0.0;
  const AvoidedPoints avoided(model);
  const std::size_t d = model.space().n_cv();
  std::vector<double> allowed = weights_;
  for (std::int64_t i = 0; !avoided.none() && i < kCoverPoints; ++i)
    if (avoided.contains(&points_[i * d])) allowed[i] = 0.0;
  if (has_weight(allowed)) weights_ = std::move(allowed);
  // Beyond the edge of the known region walkers explore. Labels there would come from a flow that has not been trained
  // there. At first nothing may be known, and then the whole neighborhood counts.
  std::vector<double> known = weights_;
  for (std::int64_t i = 0; i < kCoverPoints; ++i)
    if (std_[i] > info.threshold) known[i] = 0.0;
  if (has_weight(known)) weights_ = std::move(known);

  std::vector<double> low(kCoverPoints);
  for (std::int64_t i = 0; i < kCoverPoints; ++i) low[i] = weights_[i] * std::exp(-0.5 * (f[i] - lowest) / info.kT);
  const double uniform_sum = std::reduce(weights_.begin(), weights_.end()), low_sum = std::reduce(low.begin(), low.end());
  for (std::int64_t i = 0; i < kCoverPoints; ++i)
    weights_[i] = (1.0 - explore.boltzmann) * weights_[i] / uniform_sum + explore.boltzmann * low[i] / low_sum;
}

double KnownRegion::rms_std() const
{
  double sum = 0.0, norm = 0.0;
  for (std::int64_t i = 0; i < kCoverPoints; ++i) {
    sum += weights_[i] * std_[i] * std_[i];
    norm += weights_[i];
  }
  return std::sqrt(sum / norm);
}

// Stratified sampling over the region's points.
std::vector<double> KnownRegion::draw(std::int64_t n, Stream purpose, std::uint64_t key) const
{
  const std::size_t d = model_.space().n_cv();
  std::vector<double> cumulative(kCoverPoints), points;
  double sum = 0.0;
  for (std::int64_t i = 0; i < kCoverPoints; ++i) cumulative[i] = sum += weights_[i] * std_[i] * std_[i];
  std::vector<double> rows;
  for (std::int64_t i = 0; i < n; ++i) {
    RandomStream random(model_.info().seed, purpose, i, key);
    const auto found = std::lower_bound(cumulative.begin(), cumulative.end(), sum * (i + random.uniform()) / n);
    const auto row = std::min<std::size_t>(found - cumulative.begin(), kCoverPoints - 1);
    rows.insert(rows.end(), points_.begin() + row * d, points_.begin() + (row + 1) * d);
  }
  // A row may be drawn more than once. A small random displacement makes every point a new one.
  return spread_points(model_.space(), rows, {}, 0.0, 0.1 * model_.config().explore.spread, n, model_.info().seed, purpose,
                       key + 1);
}

double rms_change(const Model &model, const PmfSurface &before, const PmfSurface &now)
{
  const ModelInfo &info = model.info();
  const WeightedPoints cover = cover_points(model.space(), label_points(model.labels()), 0.5 * model.config().explore.spread,
                                            kCoverPoints, info.seed, model.iteration);
  std::vector<double> f_now(kCoverPoints), f_old(kCoverPoints), std(kCoverPoints);
  now.evaluate(kCoverPoints, cover.points.data(), f_now.data(), nullptr, nullptr);
  before.evaluate(kCoverPoints, cover.points.data(), f_old.data(), std.data(), nullptr);
  double norm = 0.0, mean = 0.0, square = 0.0;
  for (std::int64_t i = 0; i < kCoverPoints; ++i) {
    // A change where the old PMF was not known means nothing.
    if (std[i] > info.threshold * info.kT) continue;
    const double delta = (f_now[i] - f_old[i]) / info.kT;
    norm += cover.weights[i];
    mean += cover.weights[i] * delta;
    square += cover.weights[i] * delta * delta;
  }
  if (norm == 0.0) return std::numeric_limits<double>::quiet_NaN();
  mean /= norm;
  return std::sqrt(std::max(0.0, square / norm - mean * mean));
}

}    // namespace cgflow
