// SPDX-License-Identifier: GPL-2.0-only
#include "training/energy_training.h"

#include "base/weights.h"
#include "plane.h"
#include "rank_threads.h"
#include "training/example_training.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;

namespace {
double fraction(const Tensor &ln_w)
{
  return ess_fraction({ln_w.data_ptr<double>(), static_cast<std::size_t>(ln_w.numel())});
}

EnergyConfig steps(int points, int batch, double rate)
{
  EnergyConfig c;
  c.points = points;
  c.latent = 1;
  c.batch = batch;
  c.rate = rate;
  return c;
}

// The affine flow that is the exact conditional Gaussian of `quadratic`.
void make_exact(Trial &u)
{
  u.flow.set_standardization(at::zeros({1}, at::kDouble), at::full({1}, 1.0 / std::sqrt(kA), at::kDouble));
  for (const auto &p : u.flow.parameters()) p.value.zero_();
}

Plane::Function centered()
{
  return [](double x, double y, double &gx, double &gy) {
    const double t = x + y;
    gx = gy = kT * kA * t;
    return kT * 0.5 * kA * t * t;
  };
}

double parameter_change(const ConditionalFlow &flow, const std::vector<Tensor> &before)
{
  double change = 0.0;
  const auto p = flow.parameters();
  for (std::size_t i = 0; i < p.size(); ++i) change = std::max(change, largest(p[i].value - before[i]));
  return change;
}

}    // namespace

// Roeder et al.: the path gradient of every single sample vanishes when q is the target. The plain one only does on average.
TEST(EnergyTraining, PathGradientVanishesAtTheExactTarget)
{
  for (const bool path : {true, false}) {
    Trial u(plane_config({"affine"}));
    make_exact(u);
    Plane energy(centered());
    EnergyConfig c = steps(64, 32, 1e-3);
    c.estimator = path ? "path" : "reverse_kl";
    const auto before = copy(u.flow);
    const EnergyReport r = u.by_energy(spread_points(64), c, 1, energy, 0);
    // Adam divides by the gradient's size: anything above its epsilon of 1e-8 would move by about the rate.
    if (path) {
      EXPECT_LT(parameter_change(u.flow, before), 1e-8);
      for (const double ln_w : r.ln_w) EXPECT_NEAR(ln_w, r.ln_w[0], 1e-6);
    } else {
      EXPECT_GT(parameter_change(u.flow, before), 1e-4);
    }
  }
}

// On many samples both estimators have the same mean gradient.
TEST(EnergyTraining, PathAndPlainGradientAgreeOnAverage)
{
  std::vector<Tensor> gradients;
  for (const bool path : {true, false}) {
    Trial u(plane_config({"spline", "affine"}), 5);
    randomize(u.flow.parameters(), 0.1);
    Plane energy(quadratic);
    EnergyConfig c = steps(200000, 200000, 1e-12);
    c.estimator = path ? "path" : "reverse_kl";
    c.clip = c.sample_clip = c.cap = 0.0;
    gradients.push_back(u.first_gradient(at_point(200000, 0.5), c, energy));
  }
  EXPECT_GT(largest(gradients[0]), 1e-2);
  EXPECT_LT((gradients[0] - gradients[1]).norm().item<double>(), 0.02 * gradients[0].norm().item<double>());
}

// The gradient that by_energy takes is that of its loss: finite differences of the reverse KL over the same latent draws.
TEST(EnergyTraining, PlainGradientIsThatOfTheLoss)
{
  Trial u(plane_config({"affine"}), 5);
  randomize(u.flow.parameters(), 0.2);
  Plane energy(quadratic);
  EnergyConfig c = steps(16, 16, 1e-12);
  c.estimator = "reverse_kl";
  c.clip = c.cap = 0.0;
  const auto p = u.flow.parameters();
  const Tensor leaf = p.back().value;
  const auto loss = [&](const Tensor &t) {
    leaf.copy_(t);
    Trial v(plane_config({"affine"}), 5);
    v.flow.load(u.flow.state());
    return v.by_energy(spread_points(16), c, 1, energy, 0).loss;
  };
  const Tensor old = leaf.clone();
  const Tensor numeric = finite_difference(loss, old);
  leaf.copy_(old);
  const Tensor gradient = u.first_gradient(spread_points(16), c, energy).slice(0, -old.numel());
  EXPECT_LT(largest(gradient - numeric), 1e-6 * (1.0 + largest(numeric)));
}

TEST(EnergyTraining, EnergyTrainingReachesTheConditionalGaussian)
{
  for (const auto &estimator : {"path", "reverse_kl"}) {
    Trial u(plane_config({"affine"}));
    Plane energy(quadratic);
    EnergyConfig c = steps(4000, 8, 0.01);
    c.estimator = estimator;
    c.final_rate = 0.02;
    const EnergyReport r = u.by_energy(spread_points(4000), c, 1, energy, 0);
    EXPECT_EQ(r.evaluations, 4000);
    EXPECT_EQ(energy.evaluated, 4000);
    EXPECT_EQ(r.rejected, 0);
    EXPECT_EQ(r.skipped_steps, 0);
    for (const double s : {-1.9, -1.0, 0.0, 0.7, 1.9}) {
      const Tensor at_s = at_point(1, s);
      const double mean = u.flow.sample(at::zeros({1, 1}, at::kDouble), at_s).fine.item<double>();
      const double one = u.flow.sample(at::ones({1, 1}, at::kDouble), at_s).fine.item<double>();
      const double tolerance = std::string(estimator) == "path" ? 0.02 : 0.08;
      EXPECT_NEAR(mean, kB * s, tolerance) << estimator;
      EXPECT_NEAR(one - mean, 1 / std::sqrt(kA), tolerance) << estimator;
      expect_label(u, energy, s, quadratic_f(s));
    }
  }
}

TEST(EnergyTraining, DefaultLayersFollowTwoHumps)
{
  Trial u(plane_config(FlowConfig{}.layers));
  Plane energy(humps);
  EnergyConfig c;
  u.by_energy(spread_points(6000), c, 1, energy, 0);
  for (const double s : {-1.8, -0.9, 0.0, 1.0, 1.8}) {
    const int n = 2000;
    const auto d = draw_weighted(u.flow, *u.map, energy, kT, at_point(n, s), 7, Stream::test, 0, 0);
    EXPECT_GT(fraction(d.ln_w), 0.9) << s;
    expect_label(u, energy, s, humps_f(s));
  }
}

// A narrow, curved and tilted valley, met with the mean and width of one of its basins: path gradients of a spline that
// misses the target must not fold it up, whatever the start values of the networks.
TEST(EnergyTraining, SplinesFindACurvedValleyFromEverySeed)
{
  const auto valley = [](double x, double y, double &gx, double &gy) {
    const double ct = std::cos(0.6), st = std::sin(0.6), a = ct * x + st * y, b = -st * x + ct * y - 0.3 * a * a;
    const double ga = 20 * a * (a * a - 1) - 12 * b * a, gb = 20 * b;
    gx = kT * (ga * ct - gb * st);
    gy = kT * (ga * st + gb * ct);
    return kT * (5 * (a * a - 1) * (a * a - 1) + 10 * b * b);
  };
  Config config;
  config.cg = {{"s", {{"x", 1}}, {-1.6, 1.6}}};
  const Tensor points = at::linspace(-1.6, 1.6, 3000, at::kDouble).view({1, 3000});
  for (const int seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    Trial u(config, seed);
    u.flow.set_standardization(at::full({1}, 0.6, at::kDouble), at::full({1}, 0.2, at::kDouble));
    Plane energy(valley);
    u.by_energy(points, {}, 1, energy, 0);
    for (const double s : {-1.3, -0.6, 0.0, 0.6, 1.3}) {
      const Tensor at_s = at_point(1000, s);
      EXPECT_GT(fraction(draw_weighted(u.flow, *u.map, energy, kT, at_s, 7, Stream::test, 0, 0).ln_w), 0.8)
          << "seed " << seed << ", s = " << s;
    }
  }
}

TEST(EnergyTraining, RejectedSamplesAreCountedAndLeftOut)
{
  Trial u(plane_config({"affine"}));
  Plane half([](double x, double y, double &gx, double &gy) {
    return x + y > 1 ? std::numeric_limits<double>::infinity() : quadratic(x, y, gx, gy);
  });
  EnergyConfig c = steps(100, 20, 1e-3);
  c.latent = 3;
  const EnergyReport r = u.by_energy(spread_points(100), c, 2, half, 0);
  EXPECT_EQ(r.evaluations, 600);
  EXPECT_GT(r.rejected, 20);
  EXPECT_EQ(r.skipped_steps, 0);
  EXPECT_EQ(r.s.size(), 300u);
  EXPECT_EQ(r.ln_w.size(), 300u);
  EXPECT_EQ(r.s[0], -2.0);
  EXPECT_EQ(r.s[2], -2.0);
  EXPECT_EQ(r.s[299], 2.0);
  EXPECT_GT(std::count(r.ln_w.begin(), r.ln_w.end(), -std::numeric_limits<double>::infinity()), 5);
  EXPECT_TRUE(r.ess_fraction > 0.0 && r.ess_fraction <= 1.0);
}

TEST(EnergyTraining, TestPointsAreCountedApartAndNeverTrained)
{
  Trial u(plane_config({"affine"}));
  Plane energy(quadratic);
  EnergyConfig c = steps(100, 20, 1e-3);
  c.test = 0.25;
  const EnergyReport r = u.by_energy(spread_points(100), c, 2, energy, 0);
  EXPECT_EQ(r.evaluations, 150);
  EXPECT_EQ(r.test_evaluations, 25);
  EXPECT_EQ(energy.evaluated, 175);
  EXPECT_EQ(r.s.size(), 75u);
  EXPECT_TRUE(std::is_sorted(r.s.begin(), r.s.end()));
  EXPECT_TRUE(std::isfinite(r.test_loss));
  EXPECT_TRUE(std::isnan(r.ess_fraction));
}

TEST(EnergyTraining, SkipsBadStepsAndStopsAfterFifty)
{
  int calls = 0;
  Plane sometimes([&](double x, double y, double &gx, double &gy) {
    const double u = quadratic(x, y, gx, gy);
    if (calls++ == 30) gx = std::nan("");
    return u;
  });
  Trial u(plane_config({"affine"}));
  const EnergyReport r = u.by_energy(spread_points(100), steps(100, 20, 1e-3), 1, sometimes, 0);
  EXPECT_EQ(r.skipped_steps, 1);
  for (const auto &p : u.flow.parameters()) EXPECT_TRUE(at::isfinite(p.value).all().item<bool>());

  Plane never([](double, double, double &, double &) { return std::nan(""); });
  try {
    u.by_energy(at_point(600, 0.25), steps(600, 10, 1e-3), 1, never, 1);
    FAIL() << "no error";
  } catch (const EnergyError &e) {
    EXPECT_THAT(e.what(), HasSubstr("50 steps in a row could not be used"));
    EXPECT_THAT(e.what(), HasSubstr("drawn at s = (0.250000) and has the energy inf kT"));
  }
}

TEST(EnergyTraining, ClipsCapsAndDropsKeepWildEnergiesHarmless)
{
  // A wall of 1e12 kT / length on one side: without the caps one sample decides every step.
  Plane wall([](double x, double y, double &gx, double &gy) {
    const double u = quadratic(x, y, gx, gy), t = x + y;
    if (t < 1.5) return u;
    gx += 1e12 * kT;
    gy += 1e12 * kT;
    return u + 1e12 * kT * (t - 1.5);
  });
  Trial u(plane_config({"affine"}));
  EnergyConfig c = steps(3000, 30, 0.01);
  c.drop = 1;
  u.by_energy(at_point(3000, 0.0), c, 1, wall, 0);
  const Tensor s = at::zeros({1, 1}, at::kDouble);
  const double mean = u.flow.sample(at::zeros({1, 1}, at::kDouble), s).fine.item<double>();
  const double one = u.flow.sample(at::ones({1, 1}, at::kDouble), s).fine.item<double>();
  EXPECT_NEAR(mean, 0.0, 0.15);
  EXPECT_NEAR(one - mean, 0.5, 0.15);
}

TEST(EnergyTraining, SameSeedSameBits)
{
  std::vector<std::vector<Tensor>> ends;
  for (int k = 0; k < 2; ++k) {
    Trial u(plane_config(FlowConfig{}.layers));
    Plane energy(humps);
    const Tensor x = u.map->to_cartesian(uniforms({1, 60}, 3, -0.5, 0.5), normals({1, 60}, 4, 0.3)).x;
    train_by_example(u.flow, *u.map, u.seed, {}, x);
    u.by_energy(spread_points(200), {}, 1, energy, 4);
    ends.push_back(copy(u.flow));
  }
  for (std::size_t i = 0; i < ends[0].size(); ++i) EXPECT_TRUE(at::equal(ends[0][i], ends[1][i]));
}

TEST(EnergyTraining, RanksAgreeAndMatchASerialRun)
{
  EnergyConfig c = steps(90, 9, 5e-3);
  c.latent = 2;
  c.drop = 1;
  c.test = 0.1;
  const auto train = [&](Communicator *comm) {
    Trial u(plane_config(FlowConfig{}.layers), 3, comm);
    Plane energy(humps);
    EnergyReport r = u.by_energy(spread_points(90), c, 2, energy, 4);
    return std::make_pair(r, copy(u.flow));
  };
  const auto serial = train(nullptr);
  for (const int size : {2, 3}) {
    std::vector<std::pair<EnergyReport, std::vector<Tensor>>> ranks(size);
    run_ranks(size, [&](Communicator &comm) { ranks[comm.rank()] = train(&comm); });
    for (int r = 0; r < size; ++r) {
      for (std::size_t i = 0; i < serial.second.size(); ++i) {
        EXPECT_TRUE(at::equal(ranks[r].second[i], ranks[0].second[i]));
        EXPECT_LT(largest(ranks[r].second[i] - serial.second[i]), 1e-7);
      }
      EXPECT_EQ(ranks[r].first.evaluations, serial.first.evaluations);
      EXPECT_EQ(ranks[r].first.test_evaluations, serial.first.test_evaluations);
      EXPECT_EQ(ranks[r].first.s, serial.first.s);
      ASSERT_EQ(ranks[r].first.ln_w.size(), serial.first.ln_w.size());
      for (std::size_t i = 0; i < serial.first.ln_w.size(); ++i)
        EXPECT_NEAR(ranks[r].first.ln_w[i], serial.first.ln_w[i], 1e-5);
      EXPECT_NEAR(ranks[r].first.test_loss, serial.first.test_loss, 1e-5);
    }
  }
}

// All ranks stop at the step in which the energies of one fail, with its error.
TEST(EnergyTraining, AFailureOnOneRankReachesAll)
{
  std::vector<std::string> text(2);
  std::vector<int> evaluated(2);
  run_ranks(2, [&](Communicator &comm) {
    Trial u(plane_config({"affine"}), 3, &comm);
    Plane energy([&](double, double, double &, double &) -> double {
      if (comm.rank() == 1) throw EnergyError("the child failed");
      return 0.0;
    });
    try {
      u.by_energy(spread_points(8), steps(8, 4, 1e-3), 1, energy, 0);
    } catch (const EnergyError &e) {
      text[comm.rank()] = e.what();
    }
    evaluated[comm.rank()] = energy.evaluated;
  });
  EXPECT_EQ(text[0], "the child failed");
  EXPECT_EQ(text[1], "the child failed");
  EXPECT_EQ(evaluated[0], 2);    // of one step
}

// Adam divides by the gradient's size, so that a clip acts only where it brings the gradient below Adam's epsilon of 1e-8:
// with a norm of 1e-12 a step is 1e-4 of the rate or less.
TEST(EnergyTraining, AStepIsSmallWhenTheGradientIsClippedBelowAdamsEpsilon)
{
  const auto change = [](double clip) {
    Trial u(plane_config({"affine"}));
    Plane energy(quadratic);
    EnergyConfig c = steps(200, 10, 1e-3);
    c.warmup = 0;
    c.clip = clip;
    const auto before = copy(u.flow);
    EXPECT_EQ(u.by_energy(spread_points(200), c, 1, energy, 0).skipped_steps, 0);
    return parameter_change(u.flow, before);
  };
  EXPECT_LT(change(1e-12), 1e-5);
  EXPECT_GT(change(1e-12), 0.0);
  EXPECT_GT(change(0.0), 5e-3);
  EXPECT_EQ(change(1e12), change(0.0));
}

TEST(EnergyTraining, RefusesWhatItCannotUse)
{
  Trial u(plane_config({"affine"}));
  Plane energy(quadratic);
  const auto by_energy = [&](const Tensor &points, int epochs) {
    try {
      u.by_energy(points, {}, epochs, energy, 0);
    } catch (const Error &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(by_energy(spread_points(4), 0), HasSubstr("got 0 epochs, expected at least 1"));
  EXPECT_THAT(by_energy(spread_points(0), 1), HasSubstr("got no CG point"));
  EXPECT_THAT(by_energy(at::zeros({2, 4}, at::kDouble), 1), HasSubstr("CG points: got the shape [2, 4]"));
}
