// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_TEST_POINTS_H
#define CGFLOW_SRC_TEST_POINTS_H

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace cgflow {

/// How many of n points are kept for a test loss: the whole number of points in `fraction` of them, so that at least
/// `for_training` are left, never below 0. 0.29 of 100 is 29, although the product of the two is below 29 by rounding.
inline std::int64_t test_points(std::int64_t n, double fraction, std::int64_t for_training = 1)
{
  const auto wanted = static_cast<std::int64_t>(std::floor(fraction * static_cast<double>(n) + 1e-9));
  return std::max<std::int64_t>(0, std::min(n - for_training, wanted));
}

}    // namespace cgflow

#endif
