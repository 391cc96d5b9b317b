// SPDX-License-Identifier: GPL-2.0-only
#include "training/defensive_samples.h"

#include "numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace cgflow;
using namespace cgflow_test;
using Kind = FineCoordinate::Kind;

namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kT = 2.0;
constexpr std::uint64_t kSeed = 11, kKey = 5;

/// x of two atoms is (s, fine, zeros): with an untrained flow, fine coordinates are the latent numbers.
class PlainMap : public CoordinateMap {
 public:
  explicit PlainMap(const std::vector<Kind> &kinds) : space_({{"s", -1, 1, false}})
  {
    for (const Kind kind : kinds)
      fine_.push_back({"f" + std::to_string(fine_.size()), kind, kind == Kind::unbounded ? 0.0 : -kPi,
                       kind == Kind::unbounded ? 0.0 : kPi});
  }
  int n_atoms() const override { return 2; }
  const CgSpace &space() const override { return space_; }
  const std::vector<FineCoordinate> &fine() const override { return fine_; }
  bool absolute() const override { return true; }
  Internal to_internal(const Tensor &) const override { return {}; }
  Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const override
  {
    const auto batch = s.size(1);
    const Tensor rest = at::zeros({5 - n_fine(), batch}, at::kDouble);
    return {at::cat({s, fine, rest}, 0).t().contiguous().view({batch, 2, 3}), at::full({batch}, 0.25, at::kDouble)};
  }
  PulledBack pull_back(const Tensor &, const Tensor &, const Tensor &, const Tensor &) const override { return {}; }

 private:
  CgSpace space_;
  std::vector<FineCoordinate> fine_;
};

/// Remembers the structures; those with a first fine coordinate above `wall` are rejected.
class Recorder : public EnergyModel {
 public:
  int n_atoms() const override { return 2; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    seen.insert(seen.end(), x, x + 6 * n);
    for (int i = 0; i < n; ++i, x += 6) {
      energy[i] = x[1] > wall ? std::numeric_limits<double>::infinity() : energy_of(x);
      for (int k = 0; k < 6; ++k) force[6 * i + k] = 0.0;
    }
  }
  static double energy_of(const double *x) { return 0.7 * x[0] + 0.3 * x[1] * x[1] - 0.2 * x[2] + std::cos(x[3]); }
  double wall = std::numeric_limits<double>::infinity();
  std::vector<double> seen;    // [samples, 6]
};

double normal(double z, double sigma) { return std::exp(-0.5 * z * z / (sigma * sigma)) / (std::sqrt(2.0 * kPi) * sigma); }

struct Trial {
  explicit Trial(const std::vector<Kind> &kinds) : map(kinds), flow(config(), map.space(), map.fine(), 1) {}
  static FlowConfig config()
  {
    FlowConfig c;
    c.layers = {"spline"};
    c.hidden = {4};
    return c;
  }
  DefensiveSamples draw(const Tensor &s, int latent, std::int64_t first = 0)
  {
    return draw_defensive(flow, map, energy, kT, s, latent, kSeed, first, kKey);
  }
  PlainMap map;
  ConditionalFlow flow;
  Recorder energy;
};

const std::vector<Kind> kMixed{Kind::unbounded, Kind::circular, Kind::unbounded};

Tensor points(int n) { return at::linspace(-0.9, 0.9, n, at::kDouble).view({1, n}); }

}    // namespace

// Three of 16 samples have one of their two unbounded latent numbers three times as large; circular ones stay.
TEST(DefensiveSamples, WidenOneUnboundedCoordinateOfThreeInSixteen)
{
  Trial u(kMixed);
  u.draw(points(40), 16);
  const Tensor z = u.flow.draw_latent(kSeed, Stream::label_latent, 0, 640, kKey);
  int widened[3] = {0, 0, 0};
  for (int i = 0; i < 640; ++i)
    for (int k = 0; k < 3; ++k) {
      const double got = u.energy.seen[6 * i + 1 + k], plain = z[k][i].item<double>();
      if (std::abs(got - plain) < 1e-12 * (1.0 + std::abs(plain))) continue;
      EXPECT_NEAR(got, 3.0 * plain, 1e-12 * (1.0 + std::abs(plain)));
      EXPECT_LT(i % 16, 3);
      ++widened[k];
    }
  EXPECT_EQ(widened[0] + widened[2], 120);
  EXPECT_EQ(widened[1], 0);
  EXPECT_GT(std::min(widened[0], widened[2]), 40);    // each is chosen with probability 1/2: 60 +- 5.5
}

// The mixture's density is the sum over its components, each a product of normal densities.
TEST(DefensiveSamples, WeightsAreThoseOfTheMixture)
{
  Trial u(kMixed);
  const DefensiveSamples drawn = u.draw(points(20), 16);
  for (int i = 0; i < 320; ++i) {
    const double *x = &u.energy.seen[6 * i];
    const double a = x[1], b = x[3], circle = 1.0 / (2.0 * kPi);
    const double q = normal(a, 1) * normal(b, 1) * circle;
    const double m = 13.0 / 16.0 * q + 1.5 / 16.0 * normal(a, 3) * normal(b, 1) * circle +
                     1.5 / 16.0 * normal(a, 1) * normal(b, 3) * circle;
    EXPECT_NEAR(drawn.ln_control[i].item<double>(), std::log(q / m), 1e-12);
    EXPECT_NEAR(drawn.ln_w[i].item<double>(), -Recorder::energy_of(x) / kT + 0.25 - std::log(m), 1e-10);
  }
}

// A control variate needs a known mean: that of q/m over the mixture is 1.
TEST(DefensiveSamples, ControlVariateHasTheMeanOne)
{
  Trial u(kMixed);
  const Tensor control = at::exp(u.draw(points(4000), 16).ln_control);
  const double error = control.std().item<double>() / std::sqrt(64000.0);
  EXPECT_NEAR(control.mean().item<double>(), 1.0, 4.0 * error);
  EXPECT_LT(error, 2e-3);
}

TEST(DefensiveSamples, PointsKeepTheirNumbersInEveryDivision)
{
  Trial u(kMixed);
  const std::int64_t at_once = labels_at_once(16);
  const int n = static_cast<int>(at_once) + 10;
  const DefensiveSamples all = u.draw(points(n), 16), rest = u.draw(points(n).narrow(1, at_once - 7, 17), 16, at_once - 7);
  EXPECT_TRUE(at::equal(all.ln_w.narrow(0, 16 * (at_once - 7), 16 * 17), rest.ln_w));
  EXPECT_TRUE(at::equal(all.ln_control.narrow(0, 16 * (at_once - 7), 16 * 17), rest.ln_control));
}

TEST(DefensiveSamples, RejectedSamplesWeighNothing)
{
  Trial u(kMixed);
  u.energy.wall = 0.5;
  const DefensiveSamples drawn = u.draw(points(20), 16);
  int rejected = 0;
  for (int i = 0; i < 320; ++i) {
    const bool beyond = u.energy.seen[6 * i + 1] > 0.5;
    EXPECT_EQ(drawn.ln_w[i].item<double>() == -std::numeric_limits<double>::infinity(), beyond);
    EXPECT_TRUE(std::isfinite(drawn.ln_control[i].item<double>()));
    rejected += beyond;
  }
  EXPECT_GT(rejected, 50);
}

// Nothing is widened where all coordinates are circular, or where the fraction rounds to no sample.
TEST(DefensiveSamples, AreThoseOfTheFlowWhereNothingIsWidened)
{
  Trial circles({Kind::circular, Kind::circular}), few(kMixed);
  EXPECT_EQ(largest(circles.draw(points(20), 16).ln_control), 0.0);
  EXPECT_EQ(largest(few.draw(points(20), 2).ln_control), 0.0);
  EXPECT_GT(largest(few.draw(points(20), 3).ln_control), 0.0);
}
