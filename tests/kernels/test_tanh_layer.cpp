// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/tanh_layer.h"

#include "cgflow/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace cgflow;
using namespace cgflow::kernels;

TEST(TanhLayer, AgreesWithPlainLoopsAtAnySizeAndSteepness)
{
  for (const std::int64_t n : {0, 1, 7, 16, 255}) {
    const std::int64_t units = 5;
    const double bias[] = {0.0, -3.0, 1e-9, 40.0, 0.3};
    RandomStream random(1, Stream::test, n);
    std::vector<double> h(units * n), expected, before, slope(units * n), expected_slope;
    for (double &v : h) v = std::pow(10.0, 4.0 * random.uniform() - 3.0) * (random.uniform() < 0.5 ? -1.0 : 1.0);
    for (std::int64_t i = 0; i < units * n; ++i)
      expected.push_back(std::tanh(h[i] + bias[i / std::max<std::int64_t>(n, 1)]));
    bias_tanh(units, n, bias, h.data());
    for (double &v : slope) before.push_back(v = random.normal());
    for (std::int64_t i = 0; i < units * n; ++i) {
      EXPECT_NEAR(h[i], expected[i], 1e-15) << n << " " << i;
      expected_slope.push_back(slope[i] * (1.0 - h[i] * h[i]));
    }
    tanh_pull_back(units * n, h.data(), slope.data());
    for (std::int64_t i = 0; i < units * n; ++i) EXPECT_NEAR(slope[i], expected_slope[i], 1e-14 * std::abs(before[i]));
  }
}

TEST(TanhLayer, KeepsNaNInItsPlaceAndMeetsTheEnds)
{
  const double inf = std::numeric_limits<double>::infinity(), bias[] = {0.0};
  std::vector<double> h(20, 0.25);
  h[3] = std::nan("");
  h[5] = inf;
  h[6] = -inf;
  bias_tanh(1, 20, bias, h.data());
  EXPECT_TRUE(std::isnan(h[3]));
  EXPECT_EQ(h[5], 1.0);
  EXPECT_EQ(h[6], -1.0);
  EXPECT_NEAR(h[4], std::tanh(0.25), 1e-15);
}
