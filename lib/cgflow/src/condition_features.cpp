// SPDX-License-Identifier: GPL-2.0-only
#include "condition_features.h"

#include "shape.h"

#include <numbers>

namespace cgflow {

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
      const Tensor phase = ((std::numbers::pi * (t - 0.5)).unsqueeze(-1) * orders_).flatten(1);
      parts.push_back(at::cos(phase));
      parts.push_back(at::sin(phase));
    }
  }
  if (periodic_.numel() > 0) {
    const Tensor angle = (2.0 * std::numbers::pi * share.index_select(1, periodic_)).unsqueeze(-1) * orders_;
    parts.push_back(at::cos(angle).flatten(1));
    parts.push_back(at::sin(angle).flatten(1));
  }
  return at::cat(parts, 1);
}

}    // namespace cgflow
