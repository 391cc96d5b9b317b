// SPDX-License-Identifier: GPL-2.0-only
#include "base/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace cgflow;

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
double fraction(const std::vector<double> &ln_w) { return ess_fraction(ln_w); }
}    // namespace

// Weights 1, 2, 3: (1 + 2 + 3)^2 / (1 + 4 + 9) = 36 / 14 of 3.
TEST(EssFraction, ByHand)
{
  EXPECT_NEAR(fraction({0.0, std::log(2.0), std::log(3.0)}), 36.0 / 42.0, 1e-15);
  EXPECT_EQ(fraction({-1.5, -1.5, -1.5, -1.5}), 1.0);
  EXPECT_EQ(fraction({7.0}), 1.0);
}

TEST(EssFraction, RejectedSamplesCountWithAWeightOfZero)
{
  EXPECT_EQ(fraction({2.0, -kInfinity}), 0.5);
  EXPECT_EQ(fraction({-kInfinity, 2.0, -kInfinity, 2.0}), 0.5);
  EXPECT_EQ(fraction({-kInfinity, -kInfinity}), 0.0);
  EXPECT_EQ(fraction({}), 0.0);
}

TEST(EssFraction, DoesNotDependOnTheScaleOfTheWeights)
{
  for (const double shift : {-1000.0, 1000.0})
    EXPECT_NEAR(fraction({shift, shift + std::log(2.0), shift + std::log(3.0)}), 36.0 / 42.0, 1e-12);
  // The small weight underflows beside the large one.
  EXPECT_EQ(fraction({0.0, 800.0}), 0.5);
}

TEST(Median, IsTheMiddleValueOrTheUpperOfTwo)
{
  EXPECT_EQ(median({3.0, 1.0, 2.0}), 2.0);
  EXPECT_EQ(median({4.0, 1.0, 3.0, 2.0}), 3.0);
  EXPECT_EQ(median({5.0}), 5.0);
  EXPECT_TRUE(std::isnan(median({})));
}
