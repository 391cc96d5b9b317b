// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/cg_space.h"

#include "cgflow/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace cgflow;

namespace {
CgSpace torus() { return CgSpace({{"phi", -180, 180, true}, {"d", 0, 10, false}}); }
}    // namespace

TEST(CgSpace, WrapsPeriodicValuesOnly)
{
  double s[] = {190, 12};
  torus().wrap(s);
  EXPECT_DOUBLE_EQ(s[0], -170);
  EXPECT_DOUBLE_EQ(s[1], 12);
  double edge[] = {180, 0};
  torus().wrap(edge);
  EXPECT_DOUBLE_EQ(edge[0], -180);
  double far[] = {-180 - 1e-15, 0};
  torus().wrap(far);
  EXPECT_LT(far[0], 180);
  EXPECT_GE(far[0], -180);
}

TEST(CgSpace, ContainsChecksRangesAndNaN)
{
  const double inside[] = {500, 10}, outside[] = {0, 10.001}, nan[] = {0, std::nan("")}, nan_angle[] = {std::nan(""), 1};
  EXPECT_TRUE(torus().contains(inside));
  EXPECT_FALSE(torus().contains(outside));
  EXPECT_FALSE(torus().contains(nan));
  EXPECT_FALSE(torus().contains(nan_angle));
}

TEST(CgSpace, DisplacementTakesTheNearestImage)
{
  const double a[] = {170, 1}, b[] = {-170, 3};
  double out[2];
  torus().scaled_displacement(a, b, out);
  EXPECT_NEAR(out[0], 20.0 / 360.0, 1e-15);
  EXPECT_NEAR(out[1], 0.2, 1e-15);
  EXPECT_NEAR(torus().scaled_distance(a, b), std::hypot(20.0 / 360.0, 0.2), 1e-15);
}

TEST(CgSpace, RefusesBadVariables)
{
  EXPECT_THROW(CgSpace(std::vector<CgVariable>{}), ConfigError);
  EXPECT_THROW(CgSpace({{"a", 1, 1, false}}), ConfigError);
  EXPECT_THROW(CgSpace({{"a", 0, std::numeric_limits<double>::infinity(), false}}), ConfigError);
  EXPECT_THROW(CgSpace({{"a", 0, 1, false}, {"a", 0, 1, false}}), ConfigError);
  EXPECT_THROW(CgSpace({{"", 0, 1, false}}), ConfigError);
}
