// SPDX-License-Identifier: GPL-2.0-only
#include "label_weights.h"

#include "near_points.h"

#include "cgflow/random.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace cgflow {

namespace {
constexpr std::size_t kNeighbours = 8;
// Samples of which a label's own variance counts as much as its neighbours'.
constexpr double kOwnSamples = 16.0;
constexpr double kVarianceFloor = 1e-4;
constexpr double kCrowd = 0.05;
}    // namespace

std::vector<double> label_points(const std::vector<Label> &labels)
{
  std::vector<double> points;
  for (const Label &label : labels) points.insert(points.end(), label.s.begin(), label.s.end());
  return points;
}

std::vector<double> smoothed_variance(const std::vector<Label> &labels, const CgSpace &space)
{
  // Labels of one iteration come from one flow, frozen or in training; those of another may be far better or worse.
  std::map<std::pair<int, int>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < labels.size(); ++i) groups[{labels[i].iteration, labels[i].n}].push_back(i);
  std::vector<double> out(labels.size());
  std::vector<std::pair<double, std::size_t>> near;
  for (const auto &[key, group] : groups) {
    for (const std::size_t i : group) {
      near.clear();
      for (const std::size_t j : group)
        if (j != i) near.emplace_back(space.scaled_distance(labels[i].s.data(), labels[j].s.data()), j);
      const std::size_t k = std::min(kNeighbours, near.size());
      std::partial_sort(near.begin(), near.begin() + k, near.end());
      double sum = 0.0;
      for (std::size_t m = 0; m < k; ++m) sum += labels[near[m].second].relative_variance;
      const double own = labels[i].relative_variance, share = labels[i].n / (labels[i].n + kOwnSamples);
      out[i] = (k > 0 ? share * own + (1.0 - share) * sum / k : own) + kVarianceFloor;
    }
  }
  return out;
}

double samples_worth(const std::vector<Label> &labels, const CgSpace &space)
{
  const std::vector<double> variance = smoothed_variance(labels, space);
  double all = 0.0, newest = 0.0, samples = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    all += 1.0 / variance[i];
    if (labels[i].iteration != labels.back().iteration || labels[i].n != labels.back().n) continue;
    newest += 1.0 / variance[i];
    samples += labels[i].n;
  }
  return labels.empty() ? 0.0 : samples * all / newest;
}

double bootstrap_weight(const PmfConfig &config, std::uint64_t seed, std::int64_t member, std::int64_t index)
{
  RandomStream stream(seed, Stream::ensemble_bootstrap, index, member);
  const double u = stream.uniform();
  if (config.bagging < 1.0) return u < config.bagging ? 1.0 : 0.0;
  return -std::log(u);
}

std::vector<double> spacing_weights(const std::vector<Label> &labels, const CgSpace &space)
{
  const NearPoints near(space, label_points(labels), kCrowd);
  std::vector<double> out;
  for (const Label &label : labels) out.push_back(1.0 / near.count(label.s.data()));
  return out;
}

}    // namespace cgflow
