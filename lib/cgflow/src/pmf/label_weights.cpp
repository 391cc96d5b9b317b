// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/label_weights.h"

#include "base/near_points.h"

#include "cgflow/random.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace cgflow {

namespace {
// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr std::size_t kNeighbors = 8;      // of a label, at most
constexpr double kOwnSamples = 16.0;       // for which a label's own variance counts as much as its neighbors'
constexpr double kVarianceFloor = 1e-4;    // kT^2
constexpr double kCrowd = 0.05;            // radius within which labels count as one, in units of the ranges

// Finds the nearest labels of each label in a group.
class Neighbors {
 public:
  Neighbors(const CgSpace &space, const std::vector<Label> &labels, const std::vector<std::size_t> &group)
      : space_(space), n_(group.size()), square_(n_)
  {
    for (int k = 0; k < space.n_cv(); ++k) {
      std::vector<double> &column = columns_.emplace_back();
      for (const std::size_t i : group) column.push_back((labels[i].s[k] - space[k].lo) / space[k].width());
    }
  }

  /// Positions in the group of the kNeighbors labels nearest to label i, the nearest first. All others when there are fewer.
  const std::vector<std::size_t> &of(std::size_t i)
  {
    std::fill(square_.begin(), square_.end(), 0.0);
    for (int k = 0; k < space_.n_cv(); ++k) {
      const double *x = columns_[k].data(), mine = x[i], turn = space_[k].periodic ? 1.0 : 0.0;
      for (std::size_t j = 0; j < n_; ++j) {
        // Labels lie inside the ranges, so no difference is above 1.
        const double delta = x[j] - mine, back = delta > 0.5 ? turn : (delta < -0.5 ? -turn : 0.0);
        square_[j] += (delta - back) * (delta - back);
      }
    }
    found_.clear();
    for (std::size_t j = 0; j < n_; ++j) {
      if (j == i || (found_.size() == kNeighbors && !(square_[j] < square_[found_.back()]))) continue;
      if (found_.size() == kNeighbors) found_.pop_back();
      const auto place = std::upper_bound(found_.begin(), found_.end(), square_[j],
                                          [&](double value, std::size_t other) { return value < square_[other]; });
      found_.insert(place, j);
    }
    return found_;
  }

 private:
  const CgSpace &space_;
  std::size_t n_;
  std::vector<std::vector<double>> columns_;    // of each variable, in units of its range
  std::vector<double> square_;
  std::vector<std::size_t> found_;
};
}    // namespace

std::vector<double> label_points(const std::vector<Label> &labels)
{
  std::vector<double> points;
  for (const Label &label : labels) points.insert(points.end(), label.s.begin(), label.s.end());
  return points;
}

std::vector<double> smoothed_variance(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm)
{
  // Labels of one iteration and kind come from the same flow. Those of another one may be far better or worse.
  std::map<std::pair<int, int>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < labels.size(); ++i) groups[{labels[i].iteration, labels[i].n}].push_back(i);
  const auto [first, count] = comm.share(static_cast<std::int64_t>(labels.size()));
  std::vector<double> mine;
  std::vector<std::size_t> order;    // of the labels, group by group
  for (const auto &[key, group] : groups) {
    Neighbors neighbors(space, labels, group);
    for (std::size_t m = 0; m < group.size(); ++m) {
      const auto place = static_cast<std::int64_t>(order.size());
      order.push_back(group[m]);
      if (place < first || place >= first + count) continue;
      const Label &label = labels[group[m]];
      const std::vector<std::size_t> &near = neighbors.of(m);
      double sum = 0.0;
      for (const std::size_t j : near) sum += labels[group[j]].relative_variance;
      const double own = label.relative_variance, share = label.n / (label.n + kOwnSamples);
      const double smoothed = near.empty() ? own : share * own + (1.0 - share) * sum / static_cast<double>(near.size());
      mine.push_back(smoothed + kVarianceFloor);
    }
  }
  const std::vector<double> all = comm.gather(mine);
  std::vector<double> out(labels.size());
  for (std::size_t i = 0; i < order.size(); ++i) out[order[i]] = all[i];
  return out;
}

double samples_worth(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm)
{
  const std::vector<double> variance = smoothed_variance(labels, space, comm);
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

std::vector<double> spacing_weights(const std::vector<Label> &labels, const CgSpace &space, Communicator &comm)
{
  const std::vector<double> points = label_points(labels);
  const NearPoints near(space, points, kCrowd);
  const auto [first, count] = comm.share(static_cast<std::int64_t>(labels.size()));
  std::vector<double> mine;
  for (std::int64_t i = first; i < first + count; ++i) mine.push_back(1.0 / near.count(&points[i * space.n_cv()]));
  return comm.gather(mine);
}

}    // namespace cgflow
