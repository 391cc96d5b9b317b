// SPDX-License-Identifier: GPL-2.0-only
#include "base/test_points.h"

#include <gtest/gtest.h>

using cgflow::test_points;

TEST(TestPoints, AreTheWholePointsOfTheFraction)
{
  EXPECT_EQ(test_points(100, 0.25), 25);
  EXPECT_EQ(test_points(10, 0.19), 1);
  EXPECT_EQ(test_points(10, 0.0), 0);
}

// 0.29 * 100 is 28.999999999999996 in float64.
TEST(TestPoints, DoNotLoseAPointToRounding)
{
  ASSERT_LT(0.29 * 100.0, 29.0);
  EXPECT_EQ(test_points(100, 0.29), 29);
  for (int n = 1; n <= 2000; ++n) EXPECT_EQ(test_points(n, 0.1), n / 10) << n;
}

TEST(TestPoints, LeaveSomeForTraining)
{
  EXPECT_EQ(test_points(1, 0.99), 0);
  EXPECT_EQ(test_points(2, 0.99), 1);
  EXPECT_EQ(test_points(3, 0.99, 2), 1);
  EXPECT_EQ(test_points(1, 0.99, 2), 0);
  EXPECT_EQ(test_points(0, 0.5), 0);
}
