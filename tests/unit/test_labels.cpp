// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/labels.h"

#include "cgflow/cg_space.h"
#include "cgflow/config.h"
#include "cgflow/error.h"
#include "cgflow/random.h"
#include "error_message.h"
#include "pmf/label_weights.h"
#include "rank_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace cgflow;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();
SerialCommunicator one;

}    // namespace

TEST(Label, OfWeightsOneAndThreeByHand)
{
  // Mean 2; variance of the mean (1 + 1) / 1 / 2 = 1, over 4 = 0.25; ESS 16 / 10 of 2.
  const double ln_w[] = {0.0, std::log(3.0)};
  const Label label = make_label({0.5}, ln_w, 2, 7);
  EXPECT_NEAR(label.ln_mean_w, std::log(2.0), 1e-15);
  EXPECT_NEAR(label.relative_variance, 0.25, 1e-15);
  EXPECT_NEAR(label.ess_share, 0.8, 1e-15);
  EXPECT_NEAR(label.error(), 0.5, 1e-15);
  EXPECT_NEAR(label.f(), -std::log(2.0) - 0.125, 1e-15);
  EXPECT_EQ(label.n, 2);
  EXPECT_EQ(label.rejected, 0);
  EXPECT_EQ(label.iteration, 7);
  EXPECT_EQ(label.s, std::vector<double>{0.5});
}

TEST(Label, RejectedSamplesCountWithWeightZero)
{
  const double ln_w[] = {-kInf, 0.0, 0.0, -kInf};
  const Label label = make_label({0}, ln_w, 4, 0);
  EXPECT_NEAR(label.ln_mean_w, std::log(0.5), 1e-15);
  EXPECT_NEAR(label.relative_variance, (4 * 0.25 / 3) / 4 / 0.25, 1e-15);
  EXPECT_NEAR(label.ess_share, 0.5, 1e-15);
  EXPECT_EQ(label.rejected, 2);
}

TEST(Label, IsShiftedByAConstantInTheWeightsWithoutOverflow)
{
  const double low[] = {-5000.0, -5001.0, -5003.0}, high[] = {5000.0, 4999.0, 4997.0};
  const Label a = make_label({0}, low, 3, 0), b = make_label({0}, high, 3, 0);
  EXPECT_NEAR(b.ln_mean_w - a.ln_mean_w, 10000.0, 1e-9);
  EXPECT_NEAR(a.relative_variance, b.relative_variance, 1e-12);
}

TEST(Label, OfOneSampleHasAnErrorOfOne)
{
  const double ln_w[] = {3.0};
  const Label label = make_label({0}, ln_w, 1, 0);
  EXPECT_DOUBLE_EQ(label.relative_variance, 1.0);
  EXPECT_DOUBLE_EQ(label.error(), 1.0);
  EXPECT_DOUBLE_EQ(label.ess_share, 1.0);
  EXPECT_DOUBLE_EQ(label.ln_mean_w, 3.0);
}

TEST(Label, RefusesUnusableWeightsByName)
{
  using testing::HasSubstr;
  const double none[] = {-kInf, -kInf}, nan[] = {0.0, std::nan("")}, inf[] = {kInf, 0.0};
  EXPECT_THAT(message<EnergyError>([&] { make_label({1.5}, none, 2, 3); }),
              HasSubstr("s = (1.500000) of iteration 3: all 2 samples were rejected"));
  EXPECT_THAT(message<EnergyError>([&] { make_label({1}, nan, 2, 0); }), HasSubstr("log-weight nan for sample 2 of 2"));
  EXPECT_THAT(message<EnergyError>([&] { make_label({1}, inf, 2, 0); }), HasSubstr("log-weight inf for sample 1 of 2"));
  EXPECT_THAT(message<EnergyError>([&] { make_label({1}, inf, 0, 0); }), HasSubstr("got 0 samples"));
}

TEST(Label, ThatIsNotFiniteIsNeverMade)
{
  using testing::HasSubstr;
  const double ln_w[] = {0.0, 1.0};
  for (const double s : {kInf, -kInf, std::nan("")})
    EXPECT_THAT(message<EnergyError>([&] { make_label({0.5, s}, ln_w, 2, 3); }), HasSubstr("expected finite CG variables"));
  // The weights of the two samples differ by more than the range of numbers, which is no reason to refuse them.
  const double extreme[] = {1.7e308, -1.7e308}, none[] = {0.0, 0.0};
  EXPECT_TRUE(make_label({0.5}, extreme, 2, 3).finite());
  EXPECT_TRUE(make_label({0.5}, extreme, none, 2, 3).finite());
  Label label = make_label({0.5}, ln_w, 2, 3);
  EXPECT_TRUE(label.finite());
  label.relative_variance = kInf;
  EXPECT_FALSE(label.finite());
}

// The fine coordinate has two maxima, and the proposal is too narrow at one and too wide at the other. Against
// quadrature, the labels' mean weight is unbiased and has the error that they state.
TEST(Label, MeanWeightIsZOfATwoHumpedCoordinate)
{
  const auto u = [](double y) {
    return -std::log(std::exp(-0.5 * y * y / 0.09) + 0.3 * std::exp(-0.5 * (y - 3) * (y - 3)));
  };
  double z = 0.0;
  for (int i = 0; i < 40000; ++i) z += std::exp(-u(-10 + 20 * (i + 0.5) / 40000)) * 20 / 40000;
  const auto ln_q = [](double y) {
    const double a = std::exp(-0.5 * y * y / 0.16) / 0.4, b = std::exp(-0.5 * (y - 3) * (y - 3) / 0.81) / 0.9;
    return std::log(0.5 * (a + b) / std::sqrt(2 * std::numbers::pi));
  };
  const int labels = 4000, n = 32;
  double mean = 0.0, mean_f = 0.0, within = 0.0, stated = 0.0, square = 0.0;
  for (int l = 0; l < labels; ++l) {
    RandomStream random(3, Stream::test, l, 1);
    double ln_w[n];
    for (double &w : ln_w) {
      const double y = random.uniform() < 0.5 ? 0.4 * random.normal() : 3 + 0.9 * random.normal();
      w = -u(y) - ln_q(y);
    }
    const Label label = make_label({0}, ln_w, n, 0);
    const double error = label.f() + std::log(z);
    mean += std::exp(label.ln_mean_w) / labels;
    mean_f += error / labels;
    square += error * error / labels;
    stated += label.relative_variance / labels;
    within += (std::abs(error) < label.error()) / static_cast<double>(labels);
  }
  EXPECT_NEAR(mean, z, 5 * std::sqrt(stated / labels) * z);
  EXPECT_NEAR(mean_f, 0.0, 5 * std::sqrt(stated / labels));
  EXPECT_NEAR(std::sqrt(square / stated), 1.0, 0.1);
  EXPECT_NEAR(within, 0.683, 0.05);
}

// Normal samples, a fraction of them widened, for w = exp(-y^2 / 2 a^2) and a proposal with a = 1.
namespace {
struct Mixture {
  double ln_w[16], ln_control[16];
  Mixture(double a, std::uint64_t label)
  {
    const double share = 3.0 / 16, wide = 3.0;
    RandomStream random(5, Stream::test, label, 2);
    for (int i = 0; i < 16; ++i) {
      const double y = (i < 3 ? wide : 1.0) * random.normal();
      const double ratio = std::exp(0.5 * y * y * (1 - 1 / (wide * wide))) / wide;
      ln_control[i] = -std::log(1 - share + share * ratio);
      ln_w[i] = -0.5 * y * y / (a * a) + 0.5 * y * y + ln_control[i];
    }
  }
};
}    // namespace

TEST(Label, OfAMixtureIsExactForAPerfectFlow)
{
  const Mixture m(1.0, 0);
  const Label label = make_label({0}, m.ln_w, m.ln_control, 16, 0);
  EXPECT_NEAR(label.ln_mean_w, 0.0, 1e-14);
  EXPECT_NEAR(label.relative_variance, 0.0, 1e-14);
  EXPECT_GT(make_label({0}, m.ln_w, 16, 0).relative_variance, 1e-3);
}

// For a proposal that is too narrow the weights of its own samples are nearly equal, and the widened ones show the
// missing part.
TEST(Label, OfAMixtureIsZWithinItsErrorAndNeverFarOff)
{
  const double a = 1.3;
  const int labels = 20000;
  double mean = 0.0, square = 0.0, stated = 0.0;
  for (int l = 0; l < labels; ++l) {
    const Mixture m(a, l);
    const Label label = make_label({0}, m.ln_w, m.ln_control, 16, 0);
    double low = kInf, high = -kInf;
    for (int i = 0; i < 16; ++i) {
      low = std::min(low, m.ln_w[i] - m.ln_control[i]);
      high = std::max(high, m.ln_w[i] - m.ln_control[i]);
    }
    ASSERT_GE(label.ln_mean_w, low - 1e-12);
    ASSERT_LE(label.ln_mean_w, high + 1e-12);
    const double off = std::exp(label.ln_mean_w) / a - 1.0;
    mean += off / labels;
    square += off * off / labels;
    stated += label.relative_variance * std::exp(2 * label.ln_mean_w) / (a * a) / labels;
  }
  EXPECT_LT(std::abs(mean), 0.25 * std::sqrt(square));
  EXPECT_NEAR(std::sqrt(square / stated), 1.0, 0.15);
}

TEST(LabelWeights, VarianceIsHalfThatOfNeighboursOfTheSameIterationFor16Samples)
{
  const CgSpace space({{"s", 0, 1, false}});
  std::vector<Label> labels;
  for (int i = 0; i < 20; ++i) {
    Label l;
    l.s = {0.05 * i};
    l.n = 16;
    l.iteration = i % 2;
    l.relative_variance = i % 2 ? 0.04 : 0.01;
    labels.push_back(l);
  }
  labels[10].relative_variance = 5.0;
  const std::vector<double> v = smoothed_variance(labels, space, one);
  EXPECT_NEAR(v[10], 0.5 * (5.0 + 0.01) + 1e-4, 1e-12);
  EXPECT_NEAR(v[11], 0.04 + 1e-4, 1e-12);    // those of another iteration do not count
  EXPECT_NEAR(v[8], 0.5 * (0.01 + (7 * 0.01 + 5.0) / 8) + 1e-4, 1e-12);
}

TEST(LabelWeights, RanksShareOutTheLabelsAndAllGetTheResults)
{
  const CgSpace space({{"s", 0, 1, false}});
  std::vector<Label> labels;
  for (int i = 0; i < 23; ++i) {
    Label l;
    l.s = {std::fmod(0.37 * i, 1.0)};
    l.n = 8;
    l.iteration = i % 3;    // groups that no rank's share keeps to
    l.relative_variance = 0.01 * (1 + i);
    labels.push_back(l);
  }
  const std::vector<double> variance = smoothed_variance(labels, space, one), spacing = spacing_weights(labels, space, one);
  cgflow_test::run_ranks(4, [&](Communicator &comm) {
    EXPECT_EQ(smoothed_variance(labels, space, comm), variance) << comm.rank();
    EXPECT_EQ(spacing_weights(labels, space, comm), spacing) << comm.rank();
  });
}

TEST(LabelWeights, AFewSamplesOfItsOwnSayLittle)
{
  const CgSpace space({{"s", 0, 1, false}});
  Label a;
  a.s = {0.1};
  a.n = 4;
  a.relative_variance = 0.2;
  EXPECT_NEAR(smoothed_variance({a}, space, one)[0], 0.2 + 1e-4, 1e-15);
  Label b = a;
  b.relative_variance = 0.03;
  const auto v = smoothed_variance({a, b}, space, one);
  EXPECT_NEAR(v[0], 0.2 * 0.2 + 0.8 * 0.03 + 1e-4, 1e-15);
  EXPECT_NEAR(v[1], 0.2 * 0.03 + 0.8 * 0.2 + 1e-4, 1e-15);
  // Labels of more samples come from the frozen flow, the others from a flow in training.
  b.n = 16;
  EXPECT_NEAR(smoothed_variance({a, b}, space, one)[0], 0.2 + 1e-4, 1e-15);
}

TEST(LabelWeights, WorthInSamplesOfTheNewest)
{
  const CgSpace space({{"s", 0, 1, false}});
  std::vector<Label> labels;
  for (int i = 0; i < 30; ++i) {
    Label l;
    l.s = {0.03 * i};
    l.n = 16;
    l.iteration = i < 20 ? 1 : 2;
    l.relative_variance = i < 20 ? 0.4 : 0.1;
    labels.push_back(l);
  }
  // 20 labels of a flow whose samples are worth a quarter each, then 10 of a better flow.
  EXPECT_NEAR(samples_worth(labels, space, one), 16 * (20 * (0.1 + 1e-4) / (0.4 + 1e-4) + 10), 1e-9);
  EXPECT_NEAR(samples_worth({labels.begin(), labels.begin() + 20}, space, one), 16 * 20, 1e-9);
  EXPECT_EQ(samples_worth({}, space, one), 0.0);
}

TEST(LabelWeights, BootstrapWeightsAreExponentialAndKeyed)
{
  PmfConfig config;
  double mean = 0, square = 0;
  const int n = 20000;
  for (int i = 0; i < n; ++i) {
    const double w = bootstrap_weight(config, 1, 3, i);
    ASSERT_GT(w, 0.0);
    mean += w / n, square += w * w / n;
  }
  EXPECT_NEAR(mean, 1.0, 5 / std::sqrt(n));
  EXPECT_NEAR(square, 2.0, 5 * std::sqrt(20.0 / n));
  EXPECT_EQ(bootstrap_weight(config, 1, 3, 7), bootstrap_weight(config, 1, 3, 7));
  EXPECT_NE(bootstrap_weight(config, 1, 3, 7), bootstrap_weight(config, 1, 4, 7));
  config.bagging = 0.8;
  mean = 0;
  for (int i = 0; i < n; ++i) mean += bootstrap_weight(config, 1, 3, i) / n;
  EXPECT_NEAR(mean, 0.8, 5 * 0.4 / std::sqrt(n));
}

TEST(LabelWeights, ACrowdCountsOnce)
{
  const CgSpace space({{"phi", -180, 180, true}});
  std::vector<Label> labels(4);
  labels[0].s = {-179};
  labels[1].s = {179};
  labels[2].s = {178};
  labels[3].s = {0};
  const auto w = spacing_weights(labels, space, one);
  EXPECT_DOUBLE_EQ(w[0], 1.0 / 3);
  EXPECT_DOUBLE_EQ(w[3], 1.0);
}
