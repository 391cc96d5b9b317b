// SPDX-License-Identifier: GPL-2.0-only
#include "flow/condition_features.h"

#include "base/tensor_shape.h"

#include <algorithm>
#include <cstdlib>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kPi = std::numbers::pi;
// Above this number of variables only pairs cross, by their lowest waves: all crossings of six variables would be 688.
constexpr int kMaxAllCrossings = 3;

// Integer vectors j with sum |j| <= order and two or more entries other than 0, one of each pair j and -j: the first entry
// other than 0 is positive. In lexical order.
void append_waves(std::vector<double> &j, int at, int left, std::vector<std::vector<double>> &waves)
{
  if (at == static_cast<int>(j.size())) {
    const auto first = std::find_if(j.begin(), j.end(), [](double v) { return v != 0.0; });
    const auto zeros = std::count(j.begin(), j.end(), 0.0);
    if (static_cast<int>(j.size()) - zeros >= 2 && *first > 0.0) waves.push_back(j);
    return;
  }
  for (int k = -left; k <= left; ++k) {
    j[at] = k;
    append_waves(j, at + 1, left - std::abs(k), waves);
  }
  j[at] = 0.0;
}

Tensor crossing_waves(int n, int harmonics)
{
  std::vector<std::vector<double>> waves;
  std::vector<double> j(n, 0.0);
  append_waves(j, 0, n <= kMaxAllCrossings ? harmonics : std::min(2, harmonics), waves);
  Tensor all = at::empty({n, static_cast<std::int64_t>(waves.size())}, at::kDouble);
  for (std::size_t w = 0; w < waves.size(); ++w)
    for (int i = 0; i < n; ++i) all[i][static_cast<std::int64_t>(w)] = waves[w][i];
  return all;
}

}    // namespace

ConditionFeatures::ConditionFeatures(const CgSpace &space, int harmonics) : harmonics_(harmonics)
{
  const int n = space.n_cv();
  lo_ = at::empty({n}, at::kDouble);
  width_ = at::empty({n}, at::kDouble);
  std::vector<std::int64_t> periodic, other;
  for (int i = 0; i < n; ++i) {
    lo_[i] = space[i].lo;
    width_[i] = space[i].width();
    (space[i].periodic ? periodic : other).push_back(i);
  }
  // A periodic variable has no features without its first harmonic.
  const int periodic_harmonics = std::max(1, harmonics);
  orders_ = at::arange(1, periodic_harmonics + 1, at::kDouble);
  periodic_ = at::tensor(periodic, at::kLong);
  other_ = at::tensor(other, at::kLong);
  size_ = static_cast<int>(periodic.size()) * 2 * periodic_harmonics + static_cast<int>(other.size()) * (1 + 2 * harmonics);
  if (periodic.size() > 1 && harmonics > 1) {
    cross_ = crossing_waves(static_cast<int>(periodic.size()), harmonics);
    amplitude_ = 1.0 / cross_.abs().sum(0);
    size_ += 2 * static_cast<int>(cross_.size(1));
  }
}

Tensor ConditionFeatures::operator()(const Tensor &s) const
{
  check_shape("CG points", s, {-1, lo_.size(0)});
  const Tensor share = (s - lo_) / width_;    // 0 at lo, 1 at hi
  std::vector<Tensor> parts;
  if (other_.numel() > 0) {
    const Tensor t = share.index_select(1, other_);
    parts.push_back(2.0 * t - 1.0);
    if (harmonics_ > 0) {
      const Tensor phase = ((kPi * (t - 0.5)).unsqueeze(-1) * orders_).flatten(1);
      parts.push_back(at::cos(phase));
      parts.push_back(at::sin(phase));
    }
  }
  if (periodic_.numel() > 0) {
    const Tensor angle = (2.0 * kPi * share.index_select(1, periodic_)).unsqueeze(-1) * orders_;
    parts.push_back(at::cos(angle).flatten(1));
    parts.push_back(at::sin(angle).flatten(1));
  }
  if (cross_.defined()) {
    const Tensor phase = at::matmul(2.0 * kPi * share.index_select(1, periodic_), cross_);
    parts.push_back(amplitude_ * at::cos(phase));
    parts.push_back(amplitude_ * at::sin(phase));
  }
  return at::cat(parts, 1);
}

}    // namespace cgflow
