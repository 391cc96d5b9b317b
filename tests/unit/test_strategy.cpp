// SPDX-License-Identifier: GPL-2.0-only
#include "explore/strategy.h"

#include "explore/candidates.h"
#include "known_surface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

using namespace cgflow;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using tests::KnownSurface;
using tests::kT;
using tests::model_of;

namespace {

// Distance from an edge within which one of the 4096 random points lies.
constexpr double kNear = 0.02;

/// One CG variable from 0 to 10, by default with labels at 1, 2 and 3. F is 1 kT up to 7, and 30 kT behind. It is known
/// up to 4, from where the std increases with the distance.
struct Line {
  explicit Line(const std::string &explore, const std::vector<std::vector<double>> &labels = {{1}, {2}, {3}})
      : model(model_of("[{name: s, linear: {x: 1}, range: [0, 10]}]", explore, labels)),
        strategy(make_strategy(model.config().explore))
  {
  }
  static double wall(const double *s) { return *s < 7 ? 1.0 : 30.0; }
  static double rising(const double *s) { return *s < 4 ? 0.1 : 0.3 + *s - 4; }
  std::vector<double> next(const KnownSurface::Function &f, const KnownSurface::Function &std,
                           const std::vector<double> &stopped = {}) const
  {
    return strategy->next(model, KnownSurface(model.space(), f, std), stopped);
  }
  std::vector<double> next() const { return next(wall, rising); }

  Model model;
  std::unique_ptr<const Strategy> strategy;
};

const char *const kWithoutWalkers[] = {"uniform", "variance", "ucb"};

}    // namespace

TEST(Strategy, WalkersPointsAreTakenFarthestFirst)
{
  const Line line("{keep: 2, quiet: 70, barrier: 0}");
  EXPECT_THAT(line.next(Line::wall, Line::rising, {2.5, 5.0, 5.2, 6.9}), ElementsAre(6.9, 5.0));
  EXPECT_THAT(line.next(), IsEmpty());
  EXPECT_TRUE(line.strategy->needs_walkers());
  EXPECT_EQ(line.strategy->look_after(), 0);
  EXPECT_EQ(line.strategy->quiet(), 70);
}

TEST(Strategy, WhatWalkersLeaveGoesToTheEdgeOfWhatIsKnown)
{
  // Points up to 5 are within reach of the label at 3, and unknown from 4 on. 4.1 is in the middle between 3 and 5.2.
  const Line line("{keep: 3, quiet: 71, barrier: 20, spread: 0.2}");
  EXPECT_THAT(line.next(Line::wall, Line::rising, {5.2, 6.9}), ElementsAre(6.9, 5.2, DoubleNear(4.1, kNear)));
  EXPECT_THAT(line.next(), ElementsAre(DoubleNear(5, kNear)));
  EXPECT_EQ(line.strategy->look_after(), 8);
}

TEST(Strategy, UniformFillsAllThatIsUnknownAndLow)
{
  const Line line("{strategy: uniform, keep: 3}");
  // The wall behind 7 is never chosen, although its std is the largest. 4 and 6 are equally far from 3, 5 and 7.
  const std::vector<double> chosen = line.next();
  ASSERT_EQ(chosen.size(), 3u);
  EXPECT_NEAR(chosen[0], 7, kNear);
  EXPECT_NEAR(chosen[1], 5, kNear);
  EXPECT_NEAR(std::abs(chosen[2] - 5), 1, kNear);
}

TEST(Strategy, UniformReachesBothEdgesOfARange)
{
  const Line line("{strategy: uniform, keep: 2}", {{5}});
  auto chosen = line.next([](const double *) { return 0.0; }, [](const double *) { return 1.0; });
  std::sort(chosen.begin(), chosen.end());
  EXPECT_THAT(chosen, ElementsAre(DoubleNear(0, kNear), DoubleNear(10, kNear)));
  for (const double s : chosen) EXPECT_TRUE(line.model.space().contains(&s));
}

TEST(Strategy, UniformFindsARegionOfTwoVariablesFarFromTheLabels)
{
  // Only the disc of radius 1 around (8, -8) is unknown.
  const Model model = model_of("[{name: a, linear: {x: 1}, range: [0, 10]}, {name: b, linear: {y: 1}, range: [-10, 0]}]",
                               "{strategy: uniform}", {{1, -1}});
  const auto radius = [](const double *s) { return std::hypot(s[0] - 8, s[1] + 8); };
  const KnownSurface surface(
      model.space(), [](const double *) { return 3.0; }, [&](const double *s) { return radius(s) < 1 ? 0.5 : 0.1; });
  const std::vector<double> chosen = make_strategy(model.config().explore)->next(model, surface, {});
  ASSERT_GE(chosen.size(), 4u);
  for (std::size_t i = 0; i < chosen.size(); i += 2) EXPECT_LT(radius(&chosen[i]), 1);
}

TEST(Strategy, VarianceTakesTheLargestStdInReachOfTheLabels)
{
  // Points up to 5 are within reach, so the best quarter begins at 4.75: one neighborhood of half a spread.
  const Line line("{strategy: variance, keep: 5, spread: 0.2}");
  EXPECT_THAT(line.next(), ElementsAre(DoubleNear(5, kNear)));
}

TEST(Strategy, VarianceSpreadsABatchOverItsMaxima)
{
  const Line line("{strategy: variance, keep: 2, spread: 0.2}", {{5}});
  auto chosen = line.next([](const double *) { return 0.0; }, [](const double *s) { return 0.1 + std::abs(*s - 5); });
  std::sort(chosen.begin(), chosen.end());
  EXPECT_THAT(chosen, ElementsAre(DoubleNear(3, kNear), DoubleNear(7, kNear)));
}

TEST(Strategy, VarianceStaysInsideTheRange)
{
  const Line line("{strategy: variance, keep: 9, spread: 0.3}", {{0.5}, {9.5}});
  const auto chosen = line.next([](const double *) { return 0.0; }, [](const double *) { return 1.0; });
  EXPECT_GE(chosen.size(), 2u);
  for (const double s : chosen) EXPECT_TRUE(line.model.space().contains(&s)) << s;
}

TEST(Strategy, UcbIsAsHopefulAsKappa)
{
  // On the left F is lower, on the right the std is larger: the bounds are 0 - 0.5 kappa and 3 - kappa.
  const auto f = [](const double *s) { return *s <= 5 ? 0.0 : 3.0; };
  const auto std = [](const double *s) { return *s <= 5 ? 0.5 : 1.0; };
  const std::string common = "strategy: ucb, keep: 5, spread: 0.2";
  const auto sober = Line("{" + common + ", kappa: 5}", {{5}}).next(f, std);
  const auto hopeful = Line("{" + common + ", kappa: 7}", {{5}}).next(f, std);
  EXPECT_GE(sober.size(), 1u);
  EXPECT_GE(hopeful.size(), 1u);
  EXPECT_THAT(sober, Each(testing::Le(5)));
  EXPECT_THAT(hopeful, Each(testing::Gt(5)));
}

TEST(Strategy, NothingIsChosenWhereAllIsKnownOrTooHigh)
{
  for (const std::string name : kWithoutWalkers) {
    const Line line("{strategy: " + name + ", ceiling: 15, spread: 0.3}");
    EXPECT_THAT(line.next([](const double *) { return 0.0; }, [](const double *) { return 0.2; }), IsEmpty()) << name;
    // All unknown points are more than two std above the ceiling: 18 - 2 x 1.
    EXPECT_THAT(line.next([](const double *s) { return *s < 3.5 ? 0.0 : 18.0; },
                          [](const double *s) { return *s < 3.5 ? 0.1 : 1.0; }),
                IsEmpty())
        << name;
    // Where the std is large, F may be low.
    EXPECT_FALSE(
        line.next([](const double *) { return 0.0; }, [](const double *) { return std::numeric_limits<double>::infinity(); })
            .empty())
        << name;
  }
}

TEST(Strategy, SameModelSamePointsAndAnotherIterationOthers)
{
  for (const std::string name : kWithoutWalkers) {
    Line line("{strategy: " + name + ", keep: 4, spread: 0.05}", {{4.5}, {5}, {5.5}});
    const auto chosen = line.next();
    EXPECT_FALSE(chosen.empty()) << name;
    EXPECT_LE(chosen.size(), 4u) << name;
    EXPECT_EQ(chosen, line.next()) << name;
    // Walkers are not used.
    EXPECT_FALSE(line.strategy->needs_walkers()) << name;
    EXPECT_EQ(chosen, line.next(Line::wall, Line::rising, {6.1})) << name;
    line.model.iteration = 1;
    EXPECT_NE(chosen, line.next()) << name;
  }
}

TEST(Strategy, FirstPointsAreDiverseOnesOfTheData)
{
  for (const std::string name : {"mc", "uniform", "variance", "ucb"}) {
    const Line line("{strategy: " + name + ", keep: 2, spread: 0.1}");
    EXPECT_THAT(line.strategy->first(line.model.space(), {2, 2.1, 6, 9}), ElementsAre(2, 9)) << name;
  }
}

TEST(Strategy, GridIsDoneAtOnce)
{
  const Line line("{strategy: grid, grid: 4}");
  EXPECT_THAT(line.strategy->first(line.model.space(), {3}), ElementsAre(1.25, 3.75, 6.25, 8.75));
  EXPECT_THAT(line.next(), IsEmpty());
  EXPECT_TRUE(line.strategy->only_once());
}

TEST(Candidates, ABarrierNeedOnlyBeKnownRoughly)
{
  const Line line("{ceiling: 5}");
  const auto unknown = [&](double f, double std, double limit) {
    const KnownSurface surface(
        line.model.space(), [&](const double *s) { return *s < 4 ? 1.0 : 1.0 + f; }, [&](const double *) { return std; });
    return !unknown_among(line.model, surface, {6}, limit).points.empty();
  };
  // Up to the ceiling the std must be below the threshold of 0.2 kT.
  EXPECT_TRUE(unknown(4, 0.21, 20));
  EXPECT_FALSE(unknown(4, 0.19, 20));
  // 10 - 2 x 1 is 3 kT above the ceiling: 0.2 + 3/4 kT are enough.
  EXPECT_TRUE(unknown(10, 1.0, 20));
  EXPECT_FALSE(unknown(10, 0.9, 20));
  EXPECT_FALSE(unknown(10, 1.0, 7.9));
}

TEST(Candidates, HeightsAreOverTheLowestLabel)
{
  const Line line("{ceiling: 5}");
  const KnownSurface surface(
      line.model.space(), [](const double *s) { return *s; }, [](const double *) { return 0.5; });
  const Candidates c = unknown_among(line.model, surface, {0.5, 3, 9}, 5);
  EXPECT_THAT(c.points, ElementsAre(0.5, 3));
  EXPECT_THAT(c.height, ElementsAre(-0.5, 2));
  EXPECT_THAT(c.std, ElementsAre(0.5, 0.5));
}
