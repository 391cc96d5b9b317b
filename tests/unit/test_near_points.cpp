// SPDX-License-Identifier: GPL-2.0-only
#include "base/near_points.h"

#include "cgflow/random.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace cgflow;

namespace {

CgSpace mixed_space(int d)
{
  std::vector<CgVariable> variables;
  for (int k = 0; k < d; ++k)
    variables.push_back(k % 2 == 0 ? CgVariable{"a" + std::to_string(k), -180.0, 180.0, true}
                                   : CgVariable{"x" + std::to_string(k), -2.0, 1.0, false});
  return CgSpace(variables);
}

// Some points lie outside the ranges, where their periodic images or the edges count.
std::vector<double> random_points(const CgSpace &space, int n, std::uint64_t seed)
{
  RandomStream random(seed, Stream::test);
  std::vector<double> points;
  for (int i = 0; i < n * space.n_cv(); ++i) {
    const CgVariable &v = space[i % space.n_cv()];
    points.push_back(v.lo + v.width() * (1.2 * random.uniform() - 0.1));
  }
  return points;
}

}    // namespace

TEST(NearPoints, FindsWhatLookingAtAllFinds)
{
  for (int d = 1; d <= 4; ++d)
    for (const double radius : {0.01, 0.1, 0.3, 0.4, 2.0}) {
      const CgSpace space = mixed_space(d);
      const std::vector<double> points = random_points(space, 300, 1), places = random_points(space, 100, 2);
      const NearPoints near(space, points, radius);
      for (int i = 0; i < 100; ++i) {
        const double *s = &places[i * d], *closest = &points[0];
        int count = 0;
        for (int j = 0; j < 300; ++j) {
          const double distance = space.scaled_distance(&points[j * d], s);
          count += distance <= radius;
          if (distance < space.scaled_distance(closest, s)) closest = &points[j * d];
        }
        EXPECT_EQ(near.count(s), count) << d << " variables, radius " << radius;
        EXPECT_TRUE(std::equal(closest, closest + d, near.nearest(s))) << d << " variables, radius " << radius;
      }
    }
}

TEST(NearPoints, TakesTheFirstOfEqualOnes)
{
  const CgSpace space = mixed_space(2);
  const std::vector<double> points{10, 0, 20, 0, 20, 0, 30, 0};
  const NearPoints near(space, points, 0.1);
  const double between[] = {15, 0}, at[] = {20, 0};
  EXPECT_EQ(near.nearest(between)[0], 10.0);
  EXPECT_EQ(near.nearest(at)[0], 20.0);
  EXPECT_EQ(near.count(at), 4);
}

TEST(NearPoints, NoneIsNone)
{
  const CgSpace space = mixed_space(2);
  const double s[] = {0, 0};
  EXPECT_EQ(NearPoints(space, {}, 0.1).count(s), 0);
}
