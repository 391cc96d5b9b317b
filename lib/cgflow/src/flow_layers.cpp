// SPDX-License-Identifier: GPL-2.0-only
#include "flow_layers.h"

#include <numbers>

namespace cgflow {

Tensor columns(const std::vector<std::int64_t> &index) { return at::tensor(index, at::kLong); }

Tensor wrap_angle(const Tensor &angle)
{
  constexpr double pi = std::numbers::pi;
  const Tensor turns = at::floor((angle.detach() + pi) / (2.0 * pi));
  return angle - 2.0 * pi * turns;
}

Tensor passing_features(const Tensor &x, const Tensor &unbounded, const Tensor &circular)
{
  if (circular.numel() == 0) return x.index_select(1, unbounded);
  const Tensor angle = x.index_select(1, circular);
  return at::cat({x.index_select(1, unbounded), at::cos(angle), at::sin(angle)}, 1);
}

}    // namespace cgflow
