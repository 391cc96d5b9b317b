// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow_layers.h"

#include "base/shuffle.h"

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

Tensor wrap_angle(const Tensor &angle)
{
  constexpr double pi = std::numbers::pi;
  const Tensor turns = at::floor((angle + pi) / (2.0 * pi));
  return angle - 2.0 * pi * turns;
}

}    // namespace cgflow
