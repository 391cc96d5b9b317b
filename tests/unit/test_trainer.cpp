// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/trainer.h"

#include "analytic_systems.h"
#include "error_message.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using testing::HasSubstr;

namespace {

// One fine mode t = y - slope x around 0.4 s with the width of kT = 1 over 25: F(s) = 2 s^2 in closed form.
double harmonic(double x, double y, double *g)
{
  const double s = x, dt = y - 0.4 * s;
  g[0] = 4 * s - 0.4 * 25 * dt;
  g[1] = 25 * dt;
  return 2 * s * s + 0.5 * 25 * dt * dt;
}
// Two humps of the fine coordinate, at -0.6 and 0.9, of different width; the second one sinks with s.
double two_humps(double x, double y, double *g)
{
  const double a = 0.5 * 30 * (y + 0.6) * (y + 0.6), b = 0.5 * 12 * (y - 0.9) * (y - 0.9) - 0.8 * x;
  const double low = std::min(a, b), ea = std::exp(low - a), eb = std::exp(low - b), sum = ea + eb;
  g[0] = -0.8 * eb / sum + x;
  g[1] = (30 * (y + 0.6) * ea + 12 * (y - 0.9) * eb) / sum;
  return low - std::log(sum) + 0.5 * x * x;
}
const tests::System kHarmonic{harmonic, 1.0, -1.5, 1.5, 0.0, {0.0, 0.0}, -1.5, 1.5};
const tests::System kTwoHumps{two_humps, 1.0, -1.5, 1.5, 0.0, {0.0, -0.6}, -1.5, 1.5};

struct Bench {
  explicit Bench(const tests::System &system, const std::string &settings = "")
      : system(system), energy(system.potential), model(system.config(settings), system.info(4)),
        trainer(model, &energy, comm, log)
  {
  }
  std::vector<double> line(int n) const
  {
    std::vector<double> points;
    for (int i = 0; i < n; ++i) points.push_back(system.lo + (system.hi - system.lo) * (i + 0.5) / n);
    return points;
  }
  /// Mean square of (label - exact F) / error, with the best constant removed.
  double chi_square(double *largest = nullptr) const
  {
    double mean = 0.0, norm = 0.0, sum = 0.0;
    for (const Label &label : model.labels()) {
      const double weight = 1.0 / (label.error() * label.error() + 1e-8);
      mean += weight * (label.f() - system.exact(label.s[0]));
      norm += weight;
    }
    for (const Label &label : model.labels()) {
      const double off = label.f() - system.exact(label.s[0]) - mean / norm;
      sum += off * off / (label.error() * label.error() + 1e-8);
      if (largest) *largest = std::max(*largest, std::abs(off));
    }
    return sum / model.labels().size();
  }

  tests::System system;
  tests::OneParticle energy;
  SerialCommunicator comm;
  SilentLog log;
  Model model;
  Trainer trainer;
};

}    // namespace

TEST(Trainer, CgOfFramesByHand)
{
  Bench bench(tests::mueller_brown_system());
  EXPECT_THAT(bench.trainer.cg_of({1.0, 0.25, 0.0, -0.5, 1.5, 0.0}), testing::ElementsAre(0.75, -2.0));
}

TEST(Trainer, LabelsOfAnyFlowAgreeWithQuadrature)
{
  // Eq. 12 of the paper holds for a flow that knows the width of one basin only: its labels are noisy, not wrong.
  for (const tests::System &system : {kHarmonic, kTwoHumps}) {
    Bench bench(system);
    bench.trainer.train_by_example(system.frames(200, 2), bench.model.config().example);
    const EnergySummary summary = bench.trainer.add_labels(bench.line(40), 2000);
    EXPECT_EQ(summary.evaluations, 80000);
    EXPECT_EQ(bench.model.counts.labels, 80000);
    EXPECT_EQ(bench.energy.evaluations, 80000);
    // 39 degrees of freedom; heavy tails of the weights make a mean square of 3 possible.
    EXPECT_LT(bench.chi_square(), 3.0);
  }
}

TEST(Trainer, TrainingByEnergyMakesLabelsExactWhereTheFlowFits)
{
  Bench bench(kHarmonic);
  bench.trainer.train_by_example(kHarmonic.frames(200, 2), bench.model.config().example);
  LabelConfig frozen;
  frozen.from = "frozen";
  bench.trainer.train_by_energy(bench.line(512), bench.model.config().energy, 1, frozen);
  const EnergySummary summary = bench.trainer.add_labels(bench.line(40), 16);
  EXPECT_GT(summary.ess_share, 0.85);
  double largest = 0.0;
  bench.chi_square(&largest);
  EXPECT_LT(largest, 0.1);
  bench.trainer.fit();
  EXPECT_NEAR(bench.trainer.flow_divergence(), 0.0, 0.1);
}

TEST(Trainer, LabelsShowAHumpThatTheFlowMisses)
{
  // Trained by example in the left hump only, at the conditions of the data, the flow draws nothing in the right one. Plain weights
  // would look perfect; the widened samples find the right hump, and the label's error shows it.
  Bench bench(kTwoHumps, "train: {example: {epochs: 200, rate: 5e-3}}\n");
  std::vector<double> frames;
  RandomStream random(3, Stream::test);
  for (int i = 0; i < 200; ++i)
    frames.insert(frames.end(), {0.3 * random.normal(), -0.6 + random.normal() / std::sqrt(30.0), 0.0});
  bench.trainer.train_by_example(frames, bench.model.config().example);
  bench.trainer.add_labels(bench.line(200), 64);
  double unseen = 0.0;
  for (const Label &label : bench.model.labels()) unseen += label.error() < 0.05 && label.s[0] > 0.5;
  // At s > 0.5 the right hump holds more than half of Z.
  EXPECT_LT(unseen / 200, 0.15);
}

TEST(Trainer, LabelsComeFromTheLastEpochWhenAsked)
{
  Bench bench(kHarmonic, "train: {labels: {from: training}, energy: {latent: 4}}\n");
  bench.trainer.train_by_example(kHarmonic.frames(100, 2), bench.model.config().example);
  const EnergySummary summary =
      bench.trainer.train_by_energy(bench.line(64), bench.model.config().energy, 3, bench.model.config().labels);
  EXPECT_EQ(summary.evaluations, 64 * 4 * 3);
  EXPECT_EQ(bench.model.labels().size(), 64u);
  EXPECT_EQ(bench.model.labels()[5].n, 4);
  EXPECT_EQ(bench.model.counts.labels, 0);
  EXPECT_EQ(bench.model.counts.energy, 64 * 4 * 3);
}

TEST(Trainer, DropsTheLastLabels)
{
  Bench bench(kHarmonic);
  bench.trainer.train_by_example(kHarmonic.frames(100, 2), bench.model.config().example);
  bench.trainer.add_labels({0.1}, 8);
  bench.trainer.add_labels({0.2, 0.3}, 8);
  bench.trainer.drop_labels(2);
  ASSERT_EQ(bench.model.labels().size(), 1u);
  EXPECT_EQ(bench.model.labels()[0].s[0], 0.1);
  // The evaluations were spent nevertheless, and the next labels have latent samples of their own.
  EXPECT_EQ(bench.model.counts.labels, 24);
  bench.trainer.add_labels({0.1}, 8);
  EXPECT_NE(bench.model.labels()[1].ln_mean_w, bench.model.labels()[0].ln_mean_w);
}

TEST(Trainer, OnePointThatIsRejectedMakesNoLabelAndManyAreAnError)
{
  // No energy is finite beyond s = 1.
  tests::System system = kHarmonic;
  system.potential = [](double x, double y, double *g) { return x > 1.0 ? std::nan("") : harmonic(x, y, g); };
  Bench bench(system);
  bench.trainer.train_by_example(kHarmonic.frames(100, 2), bench.model.config().example);
  const EnergySummary summary = bench.trainer.add_labels({0.1, 1.2, 0.2, 0.3}, 8);
  EXPECT_EQ(summary.evaluations, 32);
  EXPECT_EQ(summary.rejected, 8);
  ASSERT_EQ(bench.model.labels().size(), 3u);
  EXPECT_EQ(bench.model.labels()[1].s[0], 0.2);
  EXPECT_THAT(bench.model.rejected_points(), testing::ElementsAre(1.2));
  EXPECT_THAT(message<EnergyError>([&] {
                bench.trainer.add_labels({1.1, 1.2, 1.3, 1.4, 0.5}, 8);
              }),
              HasSubstr("s = (1.100000) of iteration 0: all 8 samples were rejected"));
}

TEST(Trainer, RefusesWhatItCannotUse)
{
  const tests::System system = tests::mueller_brown_system();
  ModelInfo info = system.info(1);
  info.molecule.mass = {1.0, 1.0};
  Config config;
  config.cg.push_back({"s", {{"x1", 1.0}, {"x2", -1.0}}, {-2, 2}});
  Model two(config, info);
  tests::OneParticle energy(system.potential);
  SerialCommunicator comm;
  SilentLog log;
  EXPECT_THAT(message<ModelError>([&] { Trainer(two, &energy, comm, log); }),
              HasSubstr("has 1 atoms, the model was made for 2"));
  Model one(system.config(), system.info(1));
  Trainer trainer(one, nullptr, comm, log);
  EXPECT_THAT(message<ModelError>([&] { trainer.add_labels({0.0}, 8); }), HasSubstr("no atomistic system"));
  EXPECT_THAT(message<ModelError>([&] { trainer.train_by_energy({0.0}, one.config().energy, 1, one.config().labels); }),
              HasSubstr("no atomistic system"));
  EXPECT_THAT(message<ModelError>([&] { trainer.fit(); }), HasSubstr("no label"));
}
