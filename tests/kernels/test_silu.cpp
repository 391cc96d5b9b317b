// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/silu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace cgflow::kernels;

namespace {

struct Curve {
  long double value, slope;
};

Curve plain(long double x)
{
  const long double share = 1 / (1 + std::exp(-x));
  return {x * share, share * (1 + x * (1 - share))};
}

// Sizes below and above whole vectors, and values of both signs up to large sizes.
template <class T> void agrees()
{
  for (const std::int64_t n : {1, 3, 15, 16, 17, 200}) {
    std::vector<T> x(n), y(n + 1, 77), slope(n + 1, 77);
    for (std::int64_t i = 0; i < n; ++i) x[i] = static_cast<T>(0.37 * static_cast<double>(i * (i % 2 ? -1 : 1)));
    silu(n, x.data(), y.data(), slope.data());
    EXPECT_EQ(y.back(), T(77));
    EXPECT_EQ(slope.back(), T(77));
    for (std::int64_t i = 0; i < n; ++i) {
      const Curve c = plain(x[i]);
      const double e = 8 * std::numeric_limits<T>::epsilon();
      EXPECT_NEAR(y[i], static_cast<double>(c.value), e * std::abs(static_cast<double>(c.value)) + e * 1e-3) << x[i];
      EXPECT_NEAR(slope[i], static_cast<double>(c.slope), e * (1.0 + std::abs(static_cast<double>(x[i])))) << x[i];
    }
  }
}

}    // namespace

TEST(Silu, AgreesWithThePlainFormula)
{
  agrees<float>();
  agrees<double>();
}

TEST(Silu, SlopeIsTheDifferenceQuotient)
{
  for (const double at : {-4.0, -1.2, 0.0, 0.3, 2.5}) {
    const double h = 1e-5, x[] = {at - h, at, at + h};
    double y[3], slope[3];
    silu(3, x, y, slope);
    EXPECT_NEAR(slope[1], (y[2] - y[0]) / (2 * h), 1e-10) << at;
  }
}

// Training on several ranks relies on it, because a sample has another position there.
TEST(Silu, DoesNotDependOnThePlace)
{
  std::vector<float> x(45), y(45), slope(45);
  for (int i = 0; i < 45; ++i) x[i] = 0.1F * static_cast<float>(i) - 2.0F;
  silu(45, x.data(), y.data(), slope.data());
  for (int i = 0; i < 45; ++i) {
    float value, derivative;
    silu(1, &x[i], &value, &derivative);
    EXPECT_EQ(value, y[i]);
    EXPECT_EQ(derivative, slope[i]);
  }
}

TEST(Silu, FarOutIsItsLimitAndNaNStaysAlone)
{
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> x = {-1000.0F, 1000.0F, nan, 1.0F};
  std::vector<float> y(4), slope(4);
  silu(4, x.data(), y.data(), slope.data());
  EXPECT_EQ(y[0], 0.0F);
  EXPECT_EQ(slope[0], 0.0F);
  EXPECT_EQ(y[1], 1000.0F);
  EXPECT_EQ(slope[1], 1.0F);
  EXPECT_TRUE(std::isnan(y[2]));
  EXPECT_TRUE(std::isfinite(y[3]));
}
