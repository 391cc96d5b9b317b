// SPDX-License-Identifier: GPL-2.0-only
#include "flow_layers.h"

#include "shuffle.h"

#include <numbers>

namespace cgflow {

std::vector<bool> coupling_mask(const std::string &masks, std::int64_t n, int number)
{
  std::vector<bool> passes(n, false);
  if (n < 2) return passes;
  if (masks == "random") {
    RandomStream random(0, Stream::flow_masks, static_cast<std::uint64_t>(number / 2));
    const std::vector<std::int64_t> order = shuffled(n, random);
    for (std::int64_t i = 0; i < n; ++i) passes[order[i]] = (i < n / 2) == (number % 2 == 0);
  } else
    for (std::int64_t i = 0; i < n; ++i) passes[i] = i % 2 == number % 2;
  return passes;
}

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
