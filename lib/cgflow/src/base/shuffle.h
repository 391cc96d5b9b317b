// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_SHUFFLE_H
#define CGFLOW_SRC_SHUFFLE_H

#include "cgflow/random.h"

#include <numeric>
#include <utility>
#include <vector>

namespace cgflow {

/// 0 ... n-1 in random order (Fisher-Yates). The order of std::shuffle depends on the standard library.
inline std::vector<std::int64_t> shuffled(std::int64_t n, RandomStream &random)
{
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[random.below(static_cast<std::uint64_t>(i + 1))]);
  return order;
}

}    // namespace cgflow

#endif
