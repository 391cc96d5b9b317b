// SPDX-License-Identifier: GPL-2.0-only
#include "explore/known_region.h"

#include "known_surface.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace cgflow;
using tests::KnownSurface;

namespace {

/// One CG variable from 0 to 10 with labels at 2, 3, ..., 7: their neighborhood is [1.5, 7.5].
Model line(const std::string &explore)
{
  return tests::model_of("[{name: s, linear: {x: 1}, range: [0, 10]}]", explore, {{2}, {3}, {4}, {5}, {6}, {7}});
}

const char kUniform[] = "{spread: 0.1, ceiling: 8, boltzmann: 0}";

double flat(const double *) { return 0.0; }
/// Twice as large above 4.5, the middle.
double step(const double *s) { return *s < 4.5 ? 0.05 : 0.1; }

double share_below(const std::vector<double> &points, double limit)
{
  return std::count_if(points.begin(), points.end(), [limit](double s) { return s < limit; }) /
         static_cast<double>(points.size());
}

}    // namespace

TEST(KnownRegion, RmsStdIsTheAverageOverTheLabelsNeighborhood)
{
  const Model model = line(kUniform);
  const KnownRegion region(model, KnownSurface(model.space(), flat, step));
  // 1024 random points: five standard errors of the fraction are 0.08.
  EXPECT_NEAR(std::pow(region.rms_std(), 2), 0.5 * (0.05 * 0.05 + 0.1 * 0.1), 0.08 * (0.1 * 0.1 - 0.05 * 0.05));
}

TEST(KnownRegion, EndsWhereStdOrFIsTooHigh)
{
  const Model model = line(kUniform);
  const auto std = [](const double *s) { return *s < 3.5 ? 0.19 : 0.21; };    // the threshold is 0.2
  const KnownRegion known(model, KnownSurface(model.space(), flat, std));
  EXPECT_NEAR(known.rms_std(), 0.19, 1e-12);
  const auto wall = [](const double *s) { return *s < 3.5 ? 0.0 : 8.1; };    // the ceiling is 8
  const KnownRegion low(model, KnownSurface(model.space(), wall, step));
  EXPECT_NEAR(low.rms_std(), 0.05, 1e-12);
  // While nothing is known, all of the neighborhood below the ceiling counts.
  const KnownRegion nothing(model, KnownSurface(model.space(), wall, [](const double *) { return 3.0; }));
  EXPECT_NEAR(nothing.rms_std(), 3.0, 1e-12);
}

TEST(KnownRegion, DrawsByTheSquareOfTheStd)
{
  const Model model = line(kUniform);
  const KnownRegion region(model, KnownSurface(model.space(), flat, step));
  const std::vector<double> points = region.draw(4000, Stream::label_points, 3);
  ASSERT_EQ(points.size(), 4000u);
  EXPECT_GE(*std::min_element(points.begin(), points.end()), 1.5 - 0.1);
  EXPECT_LE(*std::max_element(points.begin(), points.end()), 7.5 + 0.1);
  EXPECT_NEAR(share_below(points, 4.5), 0.2, 0.05);
  EXPECT_EQ(points, region.draw(4000, Stream::label_points, 3));
  EXPECT_NE(points, region.draw(4000, Stream::label_points, 5));
}

TEST(KnownRegion, BoltzmannIsTheShareThatFollowsTheLowF)
{
  // exp(-F/2kT) is 1 below 4.5 and exp(-3) above: with a share of 1/2 the lower half has (0.5 + 1/(1 + exp(-3))) / 2.
  const Model model = line("{spread: 0.1, ceiling: 8, boltzmann: 0.5}");
  const auto f = [](const double *s) { return *s < 4.5 ? 0.0 : 6.0; };
  const KnownRegion region(model, KnownSurface(model.space(), f, [](const double *) { return 0.1; }));
  EXPECT_NEAR(share_below(region.draw(4000, Stream::label_points, 0), 4.5), 0.5 * (0.5 + 1.0 / (1.0 + std::exp(-3.0))),
              0.04);
}

TEST(RmsChange, LeavesOutTheConstantAndWhatWasUnknown)
{
  const Model model = line(kUniform);
  const auto surface = [&](const KnownSurface::Function &f, const KnownSurface::Function &std) {
    return KnownSurface(model.space(), f, std);
  };
  const KnownSurface before = surface(flat, step);
  EXPECT_NEAR(rms_change(model, before, surface([](const double *) { return 7.0; }, step)), 0.0, 1e-9);
  // Two levels of equal weight, 1 kT apart, differ from their mean by half of it.
  EXPECT_NEAR(rms_change(model, before, surface([](const double *s) { return *s < 4.5 ? 0.0 : 1.0; }, step)), 0.5, 0.01);
  const auto half_known = [](const double *s) { return *s < 4.5 ? 0.1 : 0.3; };
  EXPECT_NEAR(
      rms_change(model, surface(flat, half_known), surface([](const double *s) { return *s < 4.5 ? 0.0 : 1.0; }, step)), 0.0,
      1e-9);
  EXPECT_TRUE(std::isnan(rms_change(model, surface(flat, [](const double *) { return 1.0; }), before)));
}
