// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/pmf_table.h"

#include "cgflow/error.h"
#include "error_message.h"
#include "pmf/ensemble.h"
#include "pmf_cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

using namespace cgflow;
using namespace cgflow::testing_cases;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();

class CaseSurface : public PmfSurface {
 public:
  CaseSurface(Case c, double kT, std::function<double(const double *)> std) : case_(std::move(c)), kT_(kT), std_(std) {}
  const CgSpace &space() const override { return case_.space; }
  double kT() const override { return kT_; }
  void evaluate(int n, const double *s, double *f, double *std, double *) const override
  {
    for (int i = 0; i < n; ++i) {
      f[i] = kT_ * case_.f(s + i * case_.space.n_cv());
      if (std) std[i] = std_(s + i * case_.space.n_cv());
    }
  }

 private:
  Case case_;
  double kT_;
  std::function<double(const double *)> std_;
};

double largest_error(const PmfTable &table, const CaseSurface &surface)
{
  const CgSpace &space = table.space();
  RandomStream random(1, Stream::test, 31);
  double largest = 0;
  for (int i = 0; i < 5000; ++i) {
    std::vector<double> s;
    for (const CgVariable &v : space.variables()) s.push_back(v.lo + v.width() * random.uniform());
    double a, b;
    table.evaluate(1, s.data(), &a, nullptr, nullptr);
    surface.evaluate(1, s.data(), &b, nullptr, nullptr);
    largest = std::max(largest, std::abs(a - b));
  }
  return largest;
}
}    // namespace

TEST(PmfTable, ReadsAStraightLineByHand)
{
  const CgSpace space({{"s", 0, 3, false}});
  const PmfTable table(space, 2.5, {4}, {0, 2, 4, 6}, {1, 1, 1, 1});
  const double s[] = {0, 0.25, 3, -1, 4};
  double f[5], std[5], gradient[5];
  table.evaluate(5, s, f, std, gradient);
  const double expected[] = {0, 0.5, 6, 0, 6}, expected_std[] = {1, 1, 1, kInf, kInf};
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(f[i], expected[i], 1e-13);
    EXPECT_NEAR(gradient[i], 2.0, 1e-13);
    if (i < 3) {
      EXPECT_NEAR(std[i], expected_std[i], 1e-13);
    } else {
      EXPECT_EQ(std[i], kInf);    // outside the range
    }
  }
  EXPECT_DOUBLE_EQ(table.kT(), 2.5);
  EXPECT_TRUE(table.space() == space);
}

TEST(PmfTable, ErrorsNameWhatWasGot)
{
  using testing::HasSubstr;
  const CgSpace line({{"s", 0, 3, false}});
  const CgSpace four({{"a", 0, 1, false}, {"b", 0, 1, false}, {"c", 0, 1, false}, {"d", 0, 1, false}});
  const std::vector<double> v(4, 0.0);
  EXPECT_THAT(message<ModelError>([&] {
                PmfTable(four, 1, {4, 4, 4, 4}, std::vector<double>(256), std::vector<double>(256));
              }),
              HasSubstr("got 4 CG variables, expected at most 3"));
  EXPECT_THAT(message<ModelError>([&] {
                PmfTable(line, 1, {3}, {0, 0, 0}, {0, 0, 0});
              }),
              HasSubstr("got 3 grid points of 's', expected at least 4"));
  EXPECT_THAT(message<ModelError>([&] {
                PmfTable(line, 1, {4, 4}, v, v);
              }),
              HasSubstr("got 2 numbers of grid points, expected 1"));
  EXPECT_THAT(message<ModelError>([&] { PmfTable(line, 1, {5}, v, v); }),
              HasSubstr("got 4 values of F and 4 of std, expected 5"));
  EXPECT_THAT(message<ModelError>([&] {
                PmfTable(line, 1, {4}, {0, kInf, 0, 0}, v);
              }),
              HasSubstr("F at grid point 2 is inf"));
  EXPECT_THAT(message<ModelError>([&] {
                PmfTable(line, 1, {4}, v, {0, 0, std::nan(""), 0});
              }),
              HasSubstr("std at grid point 3 is nan"));
  EXPECT_THAT(message<ModelError>([&] {
                PmfTable(line, 1, {4}, v, {0, 0, 0, -1});
              }),
              HasSubstr("std at grid point 4 is -1"));
}

TEST(PmfTable, SampleMeetsItsTolerance)
{
  const auto std = [](const double *) { return 0.3; };
  const double kT = 2.5;
  const Case cases[] = {mueller_brown(), fourier_series(), torus_wells(), coupled_cube()};
  for (const Case &c : cases) {
    const CaseSurface surface(c, kT, std);
    const auto table = PmfTable::sample(surface, 1e-3 * kT, 4000000);
    ASSERT_NE(table, nullptr);
    EXPECT_LT(largest_error(*table, surface), 1.5e-3 * kT);
    EXPECT_DOUBLE_EQ(table->kT(), kT);
  }
}

TEST(PmfTable, SampleGivesNullWhenTheToleranceCannotBeMet)
{
  const auto std = [](const double *) { return 0.3; };
  EXPECT_EQ(PmfTable::sample(CaseSurface(torus_wells(), 1, std), 1e-9, 5000), nullptr);
  Case jump{CgSpace({{"s", 0, 1, false}}), [](const double *s) { return s[0] < 0.4321 ? 0.0 : 1.0; }};
  EXPECT_EQ(PmfTable::sample(CaseSurface(jump, 1, std), 1e-3, 5000), nullptr);
  Case four{CgSpace({{"a", 0, 1, false}, {"b", 0, 1, false}, {"c", 0, 1, false}, {"d", 0, 1, false}}),
            [](const double *) { return 0.0; }};
  EXPECT_EQ(PmfTable::sample(CaseSurface(four, 1, std), 1e-3, 5000), nullptr);
}

TEST(PmfTable, SampleGivesUpWhereFinerGridsDoNotHelp)
{
  const auto std = [](const double *) { return 0.3; };
  // F around 1e15 is a multiple of 1/8, and no grid is better than that.
  Case offset{CgSpace({{"s", 0, 1, false}}), [](const double *s) { return 1e15 + 5 * s[0] * s[0]; }};
  Case offset_in_two{CgSpace({{"a", 0, 1, false}, {"b", 0, 1, true}}),
                     [](const double *s) { return 1e15 + 5 * s[0] + std::sin(2 * std::numbers::pi * s[1]); }};
  Case jump{offset.space, [](const double *s) { return s[0] < 0.4321 ? 0.0 : 1.0; }};
  for (const Case *c : {&offset, &offset_in_two, &jump}) {
    std::int64_t points = 0;
    Case counted{c->space, [&](const double *s) {
                   ++points;
                   return c->f(s);
                 }};
    EXPECT_EQ(PmfTable::sample(CaseSurface(counted, 1, std), 1e-3, 4000000), nullptr);
    EXPECT_LT(points, 50000);
  }
  // The other way around: features as narrow as those of an ensemble need 256 cells and get them.
  Case narrow{offset.space, [](const double *s) { return 8 * std::exp(-0.5 * std::pow((s[0] - 0.37) / 0.01, 2)); }};
  EXPECT_NE(PmfTable::sample(CaseSurface(narrow, 1, std), 1e-3, 4000000), nullptr);
}

TEST(PmfTable, SampleLooksAwayWhereWalkersNeverAre)
{
  // A jump up by 30 kT needs no refinement.
  Case wall{CgSpace({{"s", 0, 1, false}}), [](const double *s) { return s[0] < 0.9 ? 0.0 : 1e4 * (s[0] - 0.9); }};
  Case smooth{wall.space, [](const double *s) { return 400 * (s[0] - 0.3) * (s[0] - 0.3) + (s[0] > 0.8 ? 50.0 : 0.0); }};
  const auto std = [](const double *) { return 0.3; };
  EXPECT_NE(PmfTable::sample(CaseSurface(smooth, 1, std), 1e-2, 5000), nullptr);
  EXPECT_EQ(PmfTable::sample(CaseSurface(wall, 1, std), 1e-2, 100), nullptr);
}

TEST(PmfTable, SampleChecksTheStdToo)
{
  const auto std = [](const double *s) { return 0.5 + 0.4 * std::sin(17 * s[0] * std::numbers::pi / 180); };
  const auto table = PmfTable::sample(CaseSurface(fourier_series(), 1, std), 1e-3, 100000);
  ASSERT_NE(table, nullptr);
  for (double s = -180; s < 180; s += 1.7) {
    double f, e;
    table->evaluate(1, &s, &f, &e, nullptr);
    EXPECT_NEAR(e, std(&s), 0.06 * std(&s) + 1e-3);
  }
}

TEST(PmfTable, ASurfaceThatKnowsNothingStaysUnknown)
{
  const Case flat{CgSpace({{"s", 0, 1, false}}), [](const double *) { return 0.0; }};
  const auto table = PmfTable::sample(CaseSurface(flat, 1, [](const double *) { return kInf; }), 1e-3, 1000);
  ASSERT_NE(table, nullptr);
  const double s[] = {0, 0.33, 1};
  double f[3], e[3];
  table->evaluate(3, s, f, e, nullptr);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(f[i], 0.0);
    EXPECT_EQ(e[i], kInf);
  }
}

namespace {
class EnsembleSurface : public PmfSurface {
 public:
  EnsembleSurface(const PmfEnsemble &ensemble, const CgSpace &space) : ensemble_(ensemble), space_(space) {}
  const CgSpace &space() const override { return space_; }
  double kT() const override { return 1.0; }
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const override
  {
    ensemble_.evaluate(n, s, f, std, gradient);
  }

 private:
  const PmfEnsemble &ensemble_;
  CgSpace space_;
};
}    // namespace

TEST(PmfTable, HoldsALearnedSurfaceToAThousandthOfKT)
{
  const Case cases[] = {mueller_brown(), torus_wells()};
  for (const Case &c : cases) {
    PmfEnsemble ensemble({}, c.space, 3);
    SerialCommunicator serial;
    ensemble.fit(make_labels(c, 150, 0.1, 3), 0, serial);
    const EnsembleSurface surface(ensemble, c.space);
    const auto table = PmfTable::sample(surface, 1e-3, 1000000);
    ASSERT_NE(table, nullptr);
    RandomStream random(1, Stream::test, 33);
    for (int i = 0; i < 300; ++i) {
      std::vector<double> s;
      for (const CgVariable &v : c.space.variables()) s.push_back(v.lo + v.width() * random.uniform());
      double f, e, g[2], tf, te, tg[2];
      surface.evaluate(1, s.data(), &f, &e, g);
      table->evaluate(1, s.data(), &tf, &te, tg);
      EXPECT_NEAR(tf, f, 1e-3);
      EXPECT_NEAR(te, e, 0.05 * e + 1e-3);
      EXPECT_NEAR(tg[0] * c.space[0].width(), g[0] * c.space[0].width(), 0.5);
    }
  }
}
