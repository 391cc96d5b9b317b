// SPDX-License-Identifier: GPL-2.0-only
#include "training/flow_trainer.h"

#include "training/energy_training.h"

#include "numeric.h"
#include "rank_threads.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;

namespace {
constexpr double kT = 2.5;
constexpr double kPi = std::numbers::pi;

/// One particle in the plane, U given by a formula with its derivatives.
class Plane : public EnergyModel {
 public:
  using Function = std::function<double(double x, double y, double &gx, double &gy)>;
  explicit Plane(Function f) : f_(std::move(f)) {}
  int n_atoms() const override { return 1; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    for (int i = 0; i < n; ++i) {
      double gx = 0, gy = 0;
      energy[i] = f_(x[3 * i], x[3 * i + 1], gx, gy);
      force[3 * i] = -gx;
      force[3 * i + 1] = -gy;
      force[3 * i + 2] = 0.0;
    }
    evaluated += n;
  }
  int evaluated = 0;

 private:
  Function f_;
};

Config plane_config(std::vector<std::string> layers)
{
  Config c;
  c.cg = {{"s", {{"x", 1}, {"y", -1}}, {-2, 2}}};
  c.fine = {{"t", {{"x", 1}, {"y", 1}}}};
  c.flow.layers = std::move(layers);
  return c;
}

// U/kT = a (t - b s)^2 / 2 + c s^2: given s, t is normal with mean b s and variance 1 / a.
constexpr double kA = 4.0, kB = 0.7, kC = 0.3;
double quadratic(double x, double y, double &gx, double &gy)
{
  const double s = x - y, t = x + y, d = t - kB * s;
  const double us = -kA * kB * d + 2 * kC * s, ut = kA * d;
  gx = kT * (us + ut);
  gy = kT * (-us + ut);
  return kT * (0.5 * kA * d * d + kC * s * s);
}
// F(s)/kT = -ln integral exp(-U/kT) |dx dy/ds dt| dt
double quadratic_f(double s) { return kC * s * s - 0.5 * std::log(2 * kPi / kA) + std::log(2.0); }

// Two humps in t at +-1, 2 kT high between them, tilted by s.
double humps_kt(double s, double t) { return 2.0 * (t * t - 1) * (t * t - 1) + 0.2 * s * t; }
double humps(double x, double y, double &gx, double &gy)
{
  const double s = x - y, t = x + y;
  const double us = 0.2 * t, ut = 8.0 * t * (t * t - 1) + 0.2 * s;
  gx = kT * (us + ut);
  gy = kT * (-us + ut);
  return kT * humps_kt(s, t);
}
double humps_f(double s)
{
  double sum = 0.0;
  for (int i = 0; i < 8000; ++i) sum += std::exp(-humps_kt(s, -4.0 + 0.001 * i)) * 0.001;
  return -std::log(sum) + std::log(2.0);
}

struct Trial {
  explicit Trial(const Config &config, std::uint64_t seed = 3, Communicator *c = nullptr)
      : map(make_coordinate_map(config, Molecule{{1.0}, {}, {}}, 2)), flow(config.flow, map->space(), map->fine(), seed),
        trainer(flow, *map, c ? *c : serial, log, kT, seed), seed(seed)
  {
  }
  /// Mean over `points` of the gradient that one step of a training takes.
  Tensor first_gradient(const Tensor &points, const EnergyConfig &config, EnergyModel &energy)
  {
    EnergyTraining training(flow, *map, serial, kT, seed, config, energy, 0);
    training.run(points, 1);
    return training.gradient().to(at::kDouble) / static_cast<double>(points.size(0));
  }
  SerialCommunicator serial;
  SilentLog log;
  std::unique_ptr<CoordinateMap> map;
  ConditionalFlow flow;
  FlowTrainer trainer;
  std::uint64_t seed;
};

Tensor spread_points(int n) { return at::linspace(-2, 2, n, at::kDouble).view({n, 1}); }

double ess_share(const Tensor &ln_w)
{
  const Tensor w = at::exp(ln_w - ln_w.max());
  return (w.sum().square() / w.square().sum()).item<double>() / static_cast<double>(w.numel());
}

// Eq. 12 at s against the exact F: ln of the mean weight within `sigmas` of its own error.
void expect_label(const Trial &u, EnergyModel &energy, double s, double exact_f, double sigmas = 4.0)
{
  const int n = 4000;
  const auto d = draw_weighted(u.flow, *u.map, energy, kT, at::full({n, 1}, s, at::kDouble), 99, Stream::label_latent, 0, 0);
  const Tensor w = at::exp(d.ln_w);
  const double mean = w.mean().item<double>(), error = w.std().item<double>() / mean / std::sqrt(n);
  EXPECT_NEAR(-std::log(mean), exact_f, sigmas * error + 1e-9) << "s = " << s;
  EXPECT_LT(error, 0.05);
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
  u.flow.set_standardisation(at::zeros({1}, at::kDouble), at::full({1}, 1.0 / std::sqrt(kA), at::kDouble));
  const at::NoGradGuard no_grad;
  for (const auto &p : u.flow.parameters()) p.value.zero_();
}

Plane::Function centred()
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
  for (std::size_t i = 0; i < p.size(); ++i) change = std::max(change, largest(p[i].value.detach() - before[i]));
  return change;
}

std::vector<Tensor> copy(const ConditionalFlow &flow)
{
  std::vector<Tensor> all;
  for (const auto &p : flow.parameters()) all.push_back(p.value.detach().clone());
  return all;
}
}    // namespace

// Roeder et al.: the path gradient of every single sample vanishes when q is the target. The plain one only does on average.
TEST(FlowTrainer, PathGradientVanishesAtTheExactTarget)
{
  for (const bool path : {true, false}) {
    Trial u(plane_config({"affine"}));
    make_exact(u);
    Plane energy(centred());
    EnergyConfig c = steps(64, 32, 1e-3);
    c.estimator = path ? "path" : "reverse_kl";
    const auto before = copy(u.flow);
    const EnergyReport r = u.trainer.by_energy(spread_points(64), c, 1, energy, 0);
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
TEST(FlowTrainer, PathAndPlainGradientAgreeOnAverage)
{
  std::vector<Tensor> gradients;
  for (const bool path : {true, false}) {
    Trial u(plane_config({"spline", "affine"}), 5);
    randomise(u.flow.parameters(), 0.1);
    Plane energy(quadratic);
    EnergyConfig c = steps(200000, 200000, 1e-12);
    c.estimator = path ? "path" : "reverse_kl";
    c.clip = c.sample_clip = c.cap = 0.0;
    gradients.push_back(u.first_gradient(at::full({200000, 1}, 0.5, at::kDouble), c, energy));
  }
  EXPECT_GT(largest(gradients[0]), 1e-2);
  EXPECT_LT((gradients[0] - gradients[1]).norm().item<double>(), 0.02 * gradients[0].norm().item<double>());
}

// The gradient that by_energy takes is that of its loss: finite differences of the reverse KL over the same latent draws.
TEST(FlowTrainer, PlainGradientIsThatOfTheLoss)
{
  Trial u(plane_config({"affine"}), 5);
  randomise(u.flow.parameters(), 0.2);
  Plane energy(quadratic);
  EnergyConfig c = steps(16, 16, 1e-12);
  c.estimator = "reverse_kl";
  c.clip = c.cap = 0.0;
  const auto p = u.flow.parameters();
  const Tensor leaf = p.back().value;
  const auto loss = [&](const Tensor &t) {
    leaf.detach().copy_(t);
    Trial v(plane_config({"affine"}), 5);
    v.flow.load(u.flow.state());
    return v.trainer.by_energy(spread_points(16), c, 1, energy, 0).loss;
  };
  const Tensor old = leaf.detach().clone();
  const Tensor numeric = finite_difference(loss, old);
  leaf.detach().copy_(old);
  const Tensor gradient = u.first_gradient(spread_points(16), c, energy).slice(0, -old.numel());
  EXPECT_LT(largest(gradient - numeric), 1e-6 * (1.0 + largest(numeric)));
}

TEST(FlowTrainer, EnergyTrainingReachesTheConditionalGaussian)
{
  for (const auto &estimator : {"path", "reverse_kl"}) {
    Trial u(plane_config({"affine"}));
    Plane energy(quadratic);
    EnergyConfig c = steps(4000, 8, 0.01);
    c.estimator = estimator;
    c.final_rate = 0.02;
    const EnergyReport r = u.trainer.by_energy(spread_points(4000), c, 1, energy, 0);
    EXPECT_EQ(r.evaluations, 4000);
    EXPECT_EQ(energy.evaluated, 4000);
    EXPECT_EQ(r.rejected, 0);
    EXPECT_EQ(r.skipped_steps, 0);
    for (const double s : {-1.9, -1.0, 0.0, 0.7, 1.9}) {
      const Tensor at_s = at::full({1, 1}, s, at::kDouble);
      const double mean = u.flow.sample(at::zeros({1, 1}, at::kDouble), at_s).fine.item<double>();
      const double one = u.flow.sample(at::ones({1, 1}, at::kDouble), at_s).fine.item<double>();
      const double tolerance = std::string(estimator) == "path" ? 0.02 : 0.08;
      EXPECT_NEAR(mean, kB * s, tolerance) << estimator;
      EXPECT_NEAR(one - mean, 1 / std::sqrt(kA), tolerance) << estimator;
      expect_label(u, energy, s, quadratic_f(s));
    }
  }
}

TEST(FlowTrainer, DefaultLayersFollowTwoHumps)
{
  Trial u(plane_config(FlowConfig{}.layers));
  Plane energy(humps);
  EnergyConfig c;
  u.trainer.by_energy(spread_points(6000), c, 1, energy, 0);
  for (const double s : {-1.8, -0.9, 0.0, 1.0, 1.8}) {
    const int n = 2000;
    const auto d = draw_weighted(u.flow, *u.map, energy, kT, at::full({n, 1}, s, at::kDouble), 7, Stream::test, 0, 0);
    EXPECT_GT(ess_share(d.ln_w), 0.9) << s;
    expect_label(u, energy, s, humps_f(s));
  }
}

// A narrow, curved and tilted valley, met with the mean and width of one of its basins: path gradients of a spline that
// misses the target must not fold it up, whatever the start values of the networks.
TEST(FlowTrainer, SplinesFindACurvedValleyFromEverySeed)
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
  const Tensor points = at::linspace(-1.6, 1.6, 3000, at::kDouble).view({3000, 1});
  for (const int seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    Trial u(config, seed);
    u.flow.set_standardisation(at::full({1}, 0.6, at::kDouble), at::full({1}, 0.2, at::kDouble));
    Plane energy(valley);
    u.trainer.by_energy(points, {}, 1, energy, 0);
    for (const double s : {-1.3, -0.6, 0.0, 0.6, 1.3}) {
      const Tensor at_s = at::full({1000, 1}, s, at::kDouble);
      EXPECT_GT(ess_share(draw_weighted(u.flow, *u.map, energy, kT, at_s, 7, Stream::test, 0, 0).ln_w), 0.8)
          << "seed " << seed << ", s = " << s;
    }
  }
}

// Eq. 12 holds for any flow that covers the target, trained or not.
TEST(DrawWeighted, MeanWeightIsThePartitionFunctionOfAnyFlow)
{
  Trial u(plane_config({"spline", "affine"}));
  u.flow.set_standardisation(at::zeros({1}, at::kDouble), at::ones({1}, at::kDouble));
  Plane energy(humps), gauss(quadratic);
  for (const double s : {-1.0, 0.3, 1.5}) {
    expect_label(u, energy, s, humps_f(s));
    expect_label(u, gauss, s, quadratic_f(s));
  }
}

TEST(DrawWeighted, RowsAreNumberedAndRejectedOnesWeighNothing)
{
  Trial u(plane_config({"affine"}));
  Plane half([](double x, double y, double &gx, double &gy) {
    return x + y > 0 ? std::numeric_limits<double>::infinity() : quadratic(x, y, gx, gy);
  });
  const Tensor s = spread_points(50);
  const auto all = draw_weighted(u.flow, *u.map, half, kT, s, 7, Stream::test, 0, 1);
  const auto part = draw_weighted(u.flow, *u.map, half, kT, s.narrow(0, 20, 10), 7, Stream::test, 20, 1);
  EXPECT_TRUE(at::equal(all.x.narrow(0, 20, 10), part.x));
  EXPECT_TRUE(at::equal(all.ln_w.narrow(0, 20, 10), part.ln_w));
  const Tensor t = all.x.select(2, 0).add(all.x.select(2, 1)).flatten();
  EXPECT_TRUE(at::equal(at::isfinite(all.ln_w), t.le(0)));
  EXPECT_TRUE(at::equal(at::isfinite(all.energy), t.le(0)));
  EXPECT_TRUE(all.ln_w.masked_select(t.gt(0)).eq(-std::numeric_limits<double>::infinity()).all().item<bool>());
  const auto none = draw_weighted(u.flow, *u.map, half, kT, s.narrow(0, 0, 0), 7, Stream::test, 0, 1);
  EXPECT_EQ(none.ln_w.numel(), 0);
}

TEST(FlowTrainer, RejectedSamplesAreCountedAndLeftOut)
{
  Trial u(plane_config({"affine"}));
  Plane half([](double x, double y, double &gx, double &gy) {
    return x + y > 1 ? std::numeric_limits<double>::infinity() : quadratic(x, y, gx, gy);
  });
  EnergyConfig c = steps(100, 20, 1e-3);
  c.latent = 3;
  const EnergyReport r = u.trainer.by_energy(spread_points(100), c, 2, half, 0);
  EXPECT_EQ(r.evaluations, 600);
  EXPECT_GT(r.rejected, 20);
  EXPECT_EQ(r.skipped_steps, 0);
  EXPECT_EQ(r.s.size(), 300u);
  EXPECT_EQ(r.ln_w.size(), 300u);
  EXPECT_EQ(r.s[0], -2.0);
  EXPECT_EQ(r.s[2], -2.0);
  EXPECT_EQ(r.s[299], 2.0);
  EXPECT_GT(std::count(r.ln_w.begin(), r.ln_w.end(), -std::numeric_limits<double>::infinity()), 5);
  EXPECT_TRUE(r.ess_share > 0.0 && r.ess_share <= 1.0);
}

TEST(FlowTrainer, TestPointsAreCountedApartAndNeverTrained)
{
  Trial u(plane_config({"affine"}));
  Plane energy(quadratic);
  EnergyConfig c = steps(100, 20, 1e-3);
  c.test = 0.25;
  const EnergyReport r = u.trainer.by_energy(spread_points(100), c, 2, energy, 0);
  EXPECT_EQ(r.evaluations, 150);
  EXPECT_EQ(r.test_evaluations, 25);
  EXPECT_EQ(energy.evaluated, 175);
  EXPECT_EQ(r.s.size(), 75u);
  EXPECT_TRUE(std::is_sorted(r.s.begin(), r.s.end()));
  EXPECT_TRUE(std::isfinite(r.test_loss));
  EXPECT_TRUE(std::isnan(r.ess_share));
}

TEST(FlowTrainer, SkipsBadStepsAndStopsAfterFifty)
{
  int calls = 0;
  Plane sometimes([&](double x, double y, double &gx, double &gy) {
    const double u = quadratic(x, y, gx, gy);
    if (calls++ == 30) gx = std::nan("");
    return u;
  });
  Trial u(plane_config({"affine"}));
  const EnergyReport r = u.trainer.by_energy(spread_points(100), steps(100, 20, 1e-3), 1, sometimes, 0);
  EXPECT_EQ(r.skipped_steps, 1);
  for (const auto &p : u.flow.parameters()) EXPECT_TRUE(at::isfinite(p.value).all().item<bool>());

  Plane never([](double, double, double &, double &) { return std::nan(""); });
  try {
    u.trainer.by_energy(at::full({600, 1}, 0.25, at::kDouble), steps(600, 10, 1e-3), 1, never, 1);
    FAIL() << "no error";
  } catch (const EnergyError &e) {
    EXPECT_THAT(e.what(), HasSubstr("50 steps in a row could not be used"));
    EXPECT_THAT(e.what(), HasSubstr("drawn at s = (0.250000) and has the energy inf kT"));
  }
}

TEST(FlowTrainer, ClipsCapsAndDropsKeepWildEnergiesHarmless)
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
  u.trainer.by_energy(at::zeros({3000, 1}, at::kDouble), c, 1, wall, 0);
  const Tensor s = at::zeros({1, 1}, at::kDouble);
  const double mean = u.flow.sample(at::zeros({1, 1}, at::kDouble), s).fine.item<double>();
  const double one = u.flow.sample(at::ones({1, 1}, at::kDouble), s).fine.item<double>();
  EXPECT_NEAR(mean, 0.0, 0.15);
  EXPECT_NEAR(one - mean, 0.5, 0.15);
}

TEST(FlowTrainer, SameSeedSameBits)
{
  std::vector<std::vector<Tensor>> ends;
  for (int k = 0; k < 2; ++k) {
    Trial u(plane_config(FlowConfig{}.layers));
    Plane energy(humps);
    u.trainer.by_example(u.map->to_cartesian(uniforms({60, 1}, 3, -0.5, 0.5), normals({60, 1}, 4, 0.3)).x, {});
    u.trainer.by_energy(spread_points(200), {}, 1, energy, 4);
    ends.push_back(copy(u.flow));
  }
  for (std::size_t i = 0; i < ends[0].size(); ++i) EXPECT_TRUE(at::equal(ends[0][i], ends[1][i]));
}

TEST(FlowTrainer, RanksAgreeAndMatchASerialRun)
{
  EnergyConfig c = steps(90, 9, 5e-3);
  c.latent = 2;
  c.drop = 1;
  c.test = 0.1;
  const auto train = [&](Communicator *comm) {
    Trial u(plane_config(FlowConfig{}.layers), 3, comm);
    Plane energy(humps);
    EnergyReport r = u.trainer.by_energy(spread_points(90), c, 2, energy, 4);
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

TEST(FlowTrainer, AFailureOnOneRankReachesAll)
{
  std::vector<std::string> text(2);
  run_ranks(2, [&](Communicator &comm) {
    Trial u(plane_config({"affine"}), 3, &comm);
    Plane energy([&](double, double, double &, double &) -> double {
      if (comm.rank() == 1) throw EnergyError("the child failed");
      return 0.0;
    });
    try {
      u.trainer.by_energy(spread_points(8), steps(8, 4, 1e-3), 1, energy, 0);
    } catch (const EnergyError &e) {
      text[comm.rank()] = e.what();
    }
  });
  EXPECT_THAT(text[0], HasSubstr("failed on another rank"));
  EXPECT_THAT(text[1], HasSubstr("the child failed"));
}

TEST(FlowTrainer, ExamplesGiveMeanAndWidthOfTheData)
{
  // t given s is normal with mean 0.8 s and width 0.4 over a broad range of s.
  Trial u(plane_config({"affine"}));
  const Tensor s = uniforms({2000, 1}, 3, -2, 2), t = 0.8 * s + normals({2000, 1}, 4, 0.4);
  ExampleConfig c;
  c.random_conditions = 0.0;
  c.batch = 50;
  c.rate = 5e-3;
  c.epochs = 40;
  const ExampleReport r = u.trainer.by_example(u.map->to_cartesian(s, t).x, c);
  EXPECT_EQ(r.frames, 1600);
  EXPECT_EQ(r.test_frames, 400);
  const double exact = 0.5 * std::log(2 * kPi * std::exp(1.0) * 0.16);
  EXPECT_NEAR(r.loss, exact, 0.06);
  EXPECT_NEAR(r.test_loss, exact, 0.1);
  for (const double at_s : {-1.5, 0.0, 1.5}) {
    const Tensor one = at::full({1, 1}, at_s, at::kDouble);
    const double mean = u.flow.sample(at::zeros({1, 1}, at::kDouble), one).fine.item<double>();
    EXPECT_NEAR(mean, 0.8 * at_s, 0.15);
    EXPECT_NEAR(u.flow.sample(at::ones({1, 1}, at::kDouble), one).fine.item<double>() - mean, 0.4, 0.1);
  }
}

TEST(FlowTrainer, AwayFromTheExamplesTheFlowKeepsTheirMeanAndWidth)
{
  Trial u(plane_config(FlowConfig{}.layers));
  const Tensor s = uniforms({100, 1}, 3, 1.0, 1.3), t = 2.0 + normals({100, 1}, 4, 0.3);
  u.trainer.by_example(u.map->to_cartesian(s, t).x, {});
  for (const double at_s : {-2.0, -1.0, 0.0, 2.0}) {
    const Tensor x =
        u.flow.sample(u.flow.draw_latent(1, Stream::test, 0, 500, 0), at::full({500, 1}, at_s, at::kDouble)).fine;
    EXPECT_NEAR(x.mean().item<double>(), 2.0, 0.25) << at_s;
    EXPECT_NEAR(x.std().item<double>(), 0.3, 0.2) << at_s;
  }
}

TEST(FlowTrainer, RefusesWhatItCannotUse)
{
  Trial u(plane_config({"affine"}));
  Plane energy(quadratic);
  const auto by_energy = [&](const EnergyConfig &c, const Tensor &points, int epochs) {
    try {
      u.trainer.by_energy(points, c, epochs, energy, 0);
    } catch (const Error &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EnergyConfig c;
  c.estimator = "forward_kl";
  EXPECT_THAT(by_energy(c, spread_points(4), 1), HasSubstr("estimator: got 'forward_kl', expected path or reverse_kl"));
  c = {};
  c.batch = 0;
  EXPECT_THAT(by_energy(c, spread_points(4), 1), HasSubstr("energy: batch: got"));
  c = {};
  c.latent = 0;
  EXPECT_THAT(by_energy(c, spread_points(4), 1), HasSubstr("energy: latent: got"));
  c = {};
  c.rate = 0;
  EXPECT_THAT(by_energy(c, spread_points(4), 1), HasSubstr("energy: rate: got"));
  c = {};
  c.test = 1;
  EXPECT_THAT(by_energy(c, spread_points(4), 1), HasSubstr("energy: test: got"));
  EXPECT_THAT(by_energy({}, spread_points(4), 0), HasSubstr("energy: epochs: got"));
  EXPECT_THAT(by_energy({}, spread_points(0), 1), HasSubstr("got no CG point"));
  EXPECT_THAT(by_energy({}, at::zeros({4, 2}, at::kDouble), 1), HasSubstr("CG points: got the shape [4, 2]"));

  const auto by_example = [&](const ExampleConfig &e, const Tensor &x) {
    try {
      u.trainer.by_example(x, e);
    } catch (const Error &error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(by_example({}, at::zeros({1, 1, 3}, at::kDouble)), HasSubstr("got 1 frames, expected at least two"));
  EXPECT_THAT(by_example({}, at::zeros({9, 1, 3}, at::kDouble)), HasSubstr("fine 't': it has the same value"));
  ExampleConfig e;
  e.batch = 0;
  EXPECT_THAT(by_example(e, normals({9, 1, 3}, 1)), HasSubstr("example: batch: got"));
  e = {};
  e.epochs = -1;
  EXPECT_THAT(by_example(e, normals({9, 1, 3}, 1)), HasSubstr("example: epochs: got"));
  e = {};
  e.rate = -1;
  EXPECT_THAT(by_example(e, normals({9, 1, 3}, 1)), HasSubstr("example: rate: got"));
  e = {};
  e.test = -0.1;
  EXPECT_THAT(by_example(e, normals({9, 1, 3}, 1)), HasSubstr("example: test: got"));
  e = {};
  e.random_conditions = 2;
  EXPECT_THAT(by_example(e, normals({9, 1, 3}, 1)), HasSubstr("example: random_conditions: got"));
}
