// SPDX-License-Identifier: GPL-2.0-only
#include "flow/condition_features.h"

#include "base/tensor_shape.h"

#include <algorithm>
#include <cstdlib>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kPi = std::numbers::pi;
// Above this number of variables only pairs have oblique waves, of the lowest orders: six variables would have 688 in all.
constexpr int kMaxAllCrossings = 3;

// Integer vectors j with sum |j| <= order and two or more entries other than 0, in lexical order. Of each pair j and -j it
// takes the one whose first entry other than 0 is positive.
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

Tensor oblique_waves(int n, int harmonics)
{
  std::vector<std::vector<double>> waves;
  std::vector<double> j(n, 0.0);
  append_waves(j, 0, n <= kMaxAllCrossings ? harmonics : std::min(2, harmonics), waves);
  Tensor all = at::empty({static_cast<std::int64_t>(waves.size()), n}, at::kDouble);
  for (std::size_t w = 0; w < waves.size(); ++w) std::copy(waves[w].begin(), waves[w].end(), all.data_ptr<double>() + w * n);
  return all;
}

}    // namespace

ConditionFeatures::ConditionFeatures(const CgSpace &space, int harmonics) : harmonics_(harmonics)
{
  const int n = space.n_cv();
  lo_ = at::empty({n, 1}, at::kDouble);
  width_ = at::empty({n, 1}, at::kDouble);
  std::vector<std::int64_t> periodic, other;
  for (int i = 0; i < n; ++i) {
    lo_[i] = space[i].lo;
    width_[i] = space[i].width();
    (space[i].periodic ? periodic : other).push_back(i);
  }
  // Without its first harmonic a periodic variable would have no feature.
  const int periodic_harmonics = std::max(1, harmonics);
  orders_ = at::arange(1, periodic_harmonics + 1, at::kDouble).unsqueeze(1);
  periodic_ = at::tensor(periodic, at::kLong);
  other_ = at::tensor(other, at::kLong);
  size_ = static_cast<int>(periodic.size()) * 2 * periodic_harmonics + static_cast<int>(other.size()) * (1 + 2 * harmonics);
  if (periodic.size() > 1 && harmonics > 1) {
    cross_ = oblique_waves(static_cast<int>(periodic.size()), harmonics);
    amplitude_ = 1.0 / cross_.abs().sum(1, true);
    size_ += 2 * static_cast<int>(cross_.size(0));
  }
}

Tensor ConditionFeatures::operator()(const Tensor &s) const
{
  check_shape("CG points", s, {lo_.size(0), -1});
  const Tensor position = (s - lo_) / width_;    // 0 at lo, 1 at hi
  std::vector<Tensor> parts;
  if (other_.numel() > 0) {
    const Tensor t = position.index_select(0, other_);
    parts.push_back(2.0 * t - 1.0);
    if (harmonics_ > 0) {
      const Tensor phase = ((kPi * (t - 0.5)).unsqueeze(1) * orders_).flatten(0, 1);
      parts.push_back(at::cos(phase));
      parts.push_back(at::sin(phase));
    }
  }
  if (periodic_.numel() > 0) {
    const Tensor angle = 2.0 * kPi * position.index_select(0, periodic_);
    const Tensor phase = (angle.unsqueeze(1) * orders_).flatten(0, 1);
    parts.push_back(at::cos(phase));
    parts.push_back(at::sin(phase));
    if (cross_.defined()) {
      const Tensor oblique = at::matmul(cross_, angle);
      parts.push_back(amplitude_ * at::cos(oblique));
      parts.push_back(amplitude_ * at::sin(oblique));
    }
  }
  return at::cat(parts, 0);
}

}    // namespace cgflow
