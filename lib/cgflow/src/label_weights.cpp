// SPDX-License-Identifier: GPL-2.0-only
#include "label_weights.h"

#include "cgflow/random.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace cgflow {

namespace {
constexpr std::size_t kNeighbours = 8;
constexpr double kVarianceFloor = 1e-4;
constexpr double kCrowd = 0.05;
}    // namespace

std::vector<double> smoothed_variance(const std::vector<Label> &labels, const CgSpace &space)
{
  // Labels of one iteration come from one flow; those of another may be far better or worse.
  std::map<int, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < labels.size(); ++i) groups[labels[i].iteration].push_back(i);
  std::vector<double> out(labels.size());
  std::vector<std::pair<double, std::size_t>> near;
  for (const auto &[iteration, group] : groups) {
    for (const std::size_t i : group) {
      near.clear();
      for (const std::size_t j : group)
        if (j != i) near.emplace_back(space.scaled_distance(labels[i].s.data(), labels[j].s.data()), j);
      const std::size_t k = std::min(kNeighbours, near.size());
      std::partial_sort(near.begin(), near.begin() + k, near.end());
      // Per sample, so that labels of different n can be pooled.
      double sum = 0.0;
      for (std::size_t m = 0; m < k; ++m) sum += labels[near[m].second].relative_variance * labels[near[m].second].n;
      const double own = labels[i].relative_variance;
      out[i] = 0.5 * (own + (k > 0 ? sum / k / labels[i].n : own)) + kVarianceFloor;
    }
  }
  return out;
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
  std::vector<double> out(labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    int crowd = 0;
    for (const Label &other : labels) crowd += space.scaled_distance(labels[i].s.data(), other.s.data()) < kCrowd;
    out[i] = 1.0 / std::max(crowd, 1);
  }
  return out;
}

}    // namespace cgflow
