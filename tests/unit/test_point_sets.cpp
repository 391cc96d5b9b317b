// SPDX-License-Identifier: GPL-2.0-only
#include "base/grid_points.h"
#include "explore/point_sets.h"

#include "cgflow/error.h"
#include "error_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using testing::ElementsAre;

namespace {
const CgSpace kLine({{"s", 0, 10, false}});
const CgSpace kTorus({{"phi", -180, 180, true}, {"psi", -180, 180, true}});
}    // namespace

TEST(ChooseDiverse, TakesTheFarthestFirst)
{
  // Known at 0: 9 is farthest; then 5, whose distance to 0 and 9 is 4 or more; 8.9 is too near to 9.
  EXPECT_THAT(choose_diverse(kLine, {1, 5, 8.9, 9}, {0}, 2, 0.1), ElementsAre(9, 5));
  EXPECT_THAT(choose_diverse(kLine, {1, 5, 8.9, 9}, {0}, 10, 0.1), ElementsAre(9, 5, 1));
}

TEST(ChooseDiverse, ChoosesOneOfEqualPoints)
{
  EXPECT_THAT(choose_diverse(kLine, {3, 3, 3}, {}, 5, 0.0), ElementsAre(3, 3, 3));
  EXPECT_THAT(choose_diverse(kLine, {3, 3, 3}, {}, 5, 0.01), ElementsAre(3));
  EXPECT_THAT(choose_diverse(kLine, {}, {}, 5, 0.01), testing::IsEmpty());
}

TEST(ChooseDiverse, MeasuresDistanceOverThePeriodicEdge)
{
  // 175 is close to the known -175 across the edge.
  EXPECT_THAT(choose_diverse(kTorus, {175, 0, 100, 0}, {-175, 0}, 1, 0.0), ElementsAre(100, 0));
}

TEST(SpreadPoints, StayInTheBallAndInTheRange)
{
  const auto points = spread_points(kLine, {0.5}, {}, 0.0, 0.1, 1000, 1, Stream::test, 0);
  double low = 10, high = 0, mean = 0;
  for (double p : points) low = std::min(low, p), high = std::max(high, p), mean += p / 1000;
  EXPECT_GE(low, 0.0);
  EXPECT_LE(high, 1.5);
  // Uniform on [0, 1.5]: five standard errors.
  EXPECT_NEAR(mean, 0.75, 5 * 1.5 / std::sqrt(12.0 * 1000));
}

TEST(SpreadPoints, AroundNothingAreAnError)
{
  EXPECT_EQ(message<ModelError>([] { spread_points(kLine, {}, {}, 0.0, 0.1, 3, 1, Stream::test, 0); }),
            "Points to learn: got no known point and no label to draw 3 points around, at least 1 is needed");
  EXPECT_THAT(message<ModelError>([] { cover_points(kLine, {}, 0.1, 8, 1, 0); }), testing::HasSubstr("to draw 8 points"));
  EXPECT_THAT(spread_points(kLine, {}, {}, 0.0, 0.1, 0, 1, Stream::test, 0), testing::IsEmpty());
}

TEST(SpreadPoints, OldShareIsKept)
{
  const auto points = spread_points(kLine, {2}, {8}, 0.3, 0.05, 2000, 1, Stream::test, 0);
  int old = 0;
  for (double p : points) old += p > 5;
  EXPECT_NEAR(old, 600, 5 * std::sqrt(2000 * 0.3 * 0.7));
}

TEST(SpreadPoints, PointsDoNotDependOnHowManyAreDrawn)
{
  const auto few = spread_points(kTorus, {1, 2, 3, 4}, {5, 6}, 0.5, 0.1, 5, 3, Stream::test, 2);
  const auto many = spread_points(kTorus, {1, 2, 3, 4}, {5, 6}, 0.5, 0.1, 50, 3, Stream::test, 2);
  for (std::size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i], many[i]);
}

TEST(CoverPoints, WeightsMakeTheUnionUniform)
{
  // Balls [1, 3] (twice) and [2.5, 4.5]: the union [1, 4.5] has length 3.5, its part below 2.5 has 1.5.
  const auto cover = cover_points(kLine, {2, 2, 3.5}, 0.1, 20000, 1, 0);
  double all = 0, low = 0;
  for (std::size_t i = 0; i < cover.weights.size(); ++i) {
    all += cover.weights[i];
    if (cover.points[i] < 2.5) low += cover.weights[i];
  }
  EXPECT_NEAR(low / all, 1.5 / 3.5, 0.02);
}

TEST(GridPoints, AreCellCentres)
{
  EXPECT_THAT(grid_points(kLine, 2), ElementsAre(2.5, 7.5));
  EXPECT_THAT(grid_points(kTorus, 2), ElementsAre(-90, -90, -90, 90, 90, -90, 90, 90));
}
