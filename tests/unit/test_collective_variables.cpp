// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/collective_variables.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;
using testing::HasSubstr;

namespace {
Config two_particles()
{
  Config c;
  c.cg = {{"dx", {{"x2", 1}, {"x1", -1}}, {-2, 2}}, {"y", {{"y1", 0.5}, {"y2", 0.5}}, {0, 4}}};
  return c;
}
}    // namespace

TEST(CollectiveVariables, EvaluatesABatch)
{
  const CollectiveVariables cv(two_particles(), 2, 3);
  const double x[] = {1, 2, 3, 4, 6, 8, /**/ 0, 1, 0, -1, 1, 5};
  double s[4];
  cv.evaluate(2, x, s);
  EXPECT_DOUBLE_EQ(s[0], 3);
  EXPECT_DOUBLE_EQ(s[1], 4);
  EXPECT_DOUBLE_EQ(s[2], -1);
  EXPECT_DOUBLE_EQ(s[3], 1);
  cv.evaluate(0, nullptr, nullptr);
  EXPECT_EQ(cv.n_atoms(), 2);
  EXPECT_EQ(cv.space()[1].name, "y");
}

TEST(CollectiveVariables, SpaceTakesTheRanges)
{
  const CgSpace space = make_cg_space(two_particles());
  EXPECT_EQ(space.n_cv(), 2);
  EXPECT_EQ(space[1].hi, 4);
  EXPECT_FALSE(space[0].periodic);
}

TEST(CollectiveVariables, RefusesAMissingRange)
{
  Config c = two_particles();
  c.cg[1].range.clear();
  try {
    make_cg_space(c);
    FAIL();
  } catch (const ConfigError &e) {
    EXPECT_THAT(e.what(), HasSubstr("cg 'y': missing key 'range', expected range: [lo, hi] for the linear variable 'y'"));
  }
}

TEST(CollectiveVariables, InternalCoordinatesOfEachMolecule)
{
  Config c;
  c.cg.push_back({"phi", {}, {}, {1, 2, 3, 4}});
  c.cg.push_back({"theta", {}, {10, 170}, {}, {3, 2, 1}});
  c.cg.push_back({"r", {}, {1, 3}, {}, {}, {4, 1}});
  const CollectiveVariables cv(c, 4, 3);
  // Seen along 2-3 (+z) atom 1 lies on x and atom 4 on +y, then on -y.
  const double x[24] = {1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, -1, 1};
  double s[6];
  cv.evaluate(2, x, s);
  EXPECT_DOUBLE_EQ(s[0], 90.0);
  EXPECT_DOUBLE_EQ(s[1], 90.0);
  EXPECT_DOUBLE_EQ(s[2], std::sqrt(3.0));
  EXPECT_DOUBLE_EQ(s[3], -90.0);
  EXPECT_DOUBLE_EQ(s[5], std::sqrt(6.0));
  EXPECT_TRUE(cv.space()[0].periodic);
  EXPECT_EQ(cv.space()[0].lo, -180.0);
  EXPECT_EQ(cv.space()[0].hi, 180.0);
  EXPECT_FALSE(cv.space()[1].periodic);
  EXPECT_THROW(CollectiveVariables(c, 3, 3), ConfigError);
}

TEST(CollectiveVariables, SpaceRefusesRangesThatAKindCannotHave)
{
  const auto refused = [](const CgVariableConfig &entry) {
    Config c;
    c.cg = {entry};
    EXPECT_THROW(make_cg_space(c), ConfigError);
  };
  refused({"phi", {}, {0, 360}, {1, 2, 3, 4}});
  refused({"theta", {}, {}, {}, {1, 2, 3}});
  refused({"theta", {}, {0, 90}, {}, {1, 2, 3}});
  refused({"r", {}, {-1, 1}, {}, {}, {1, 2}});
}
