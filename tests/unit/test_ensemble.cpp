// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/ensemble.h"

#include "base/grid_points.h"
#include "cgflow/error.h"
#include "error_message.h"
#include "pmf/ensemble_members.h"
#include "pmf/fourier_basis.h"
#include "pmf_cases.h"
#include "rank_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <limits>

using namespace cgflow;
using namespace cgflow::testing_cases;

namespace {
const std::uint64_t kSeeds[] = {1, 2, 3, 4, 5, 6, 7, 8};

std::vector<double> test_points(const CgSpace &space)
{
  const int d = space.n_cv(), n = d == 1 ? 401 : 2000;
  std::vector<double> s;
  RandomStream random(99, Stream::test, 12, 0);
  for (int i = 0; i < n; ++i)
    for (const CgVariable &v : space.variables())
      s.push_back(v.lo + v.width() * (d == 1 ? i / (n - 1.0) : random.uniform()));
  return s;
}

struct Quality {
  double rms = 0.0, largest_rms = 0.0, below1 = 0.0, below2 = 0.0, worst_below2 = 1.0, median_ratio = 0.0;
  double seconds = 0.0, gap_share = 1.0;
};

double nearest(const CgSpace &space, const std::vector<Label> &labels, const double *s)
{
  double out = 1e9;
  for (const Label &l : labels) out = std::min(out, space.scaled_distance(l.s.data(), s));
  return out;
}

// Calibration of the std over the cells below `limit` kT that lie within `reach` of a label, pooled over seeds: the
// fractions whose error (best constant removed) is below one and two std.
Quality measure(const Case &c, int n, double error, double limit, PmfConfig config = {},
                const std::function<bool(const double *)> &keep = nullptr, double reach = 1e9)
{
  Quality q;
  const int d = c.space.n_cv();
  const std::vector<double> s = test_points(c.space);
  const int points = static_cast<int>(s.size()) / d;
  std::vector<double> truth(points), f(points), std(points);
  for (int i = 0; i < points; ++i) truth[i] = c.f(&s[i * d]);
  const double lowest = *std::min_element(truth.begin(), truth.end());
  double pooled = 0, below1 = 0, below2 = 0, gap = 0, gap_wide = 0;
  for (const std::uint64_t seed : kSeeds) {
    const std::vector<Label> labels = make_labels(c, n, error, seed, keep);
    PmfEnsemble ensemble(config, c.space, seed);
    SerialCommunicator serial;
    const auto start = std::chrono::steady_clock::now();
    ensemble.fit(labels, 0, serial);
    q.seconds = std::max(q.seconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    ensemble.evaluate(points, s.data(), f.data(), std.data(), nullptr);
    std::vector<int> cells;
    double constant = 0, square = 0, below2_here = 0;
    for (int i = 0; i < points; ++i) {
      const double far = nearest(c.space, labels, &s[i * d]);
      if (truth[i] - lowest < limit && far < reach) cells.push_back(i);
      if (far > 0.1) gap += 1, gap_wide += std[i] > 0.4;
    }
    for (const int i : cells) constant += (f[i] - truth[i]) / cells.size();
    std::vector<double> known;
    for (const int i : cells) {
      const double e = std::abs(f[i] - truth[i] - constant);
      square += e * e / cells.size();
      below1 += e < std[i], below2 += e < 2 * std[i], pooled += 1;
      below2_here += (e < 2 * std[i]) / static_cast<double>(cells.size());
      known.push_back(std[i]);
    }
    std::nth_element(known.begin(), known.begin() + known.size() / 2, known.end());
    q.median_ratio = std::max(q.median_ratio, known[known.size() / 2] / std::max(std::sqrt(square), 0.02 / 3));
    q.rms += std::sqrt(square) / std::size(kSeeds);
    q.largest_rms = std::max(q.largest_rms, std::sqrt(square));
    q.worst_below2 = std::min(q.worst_below2, below2_here);
  }
  q.below1 = below1 / pooled;
  q.below2 = below2 / pooled;
  if (gap > 0) q.gap_share = gap_wide / gap;
  std::printf("  rms %.4f (max %.4f)  <1 %.2f  <2 %.2f (worst seed %.2f)  median std/rms %.2f  gap %.4f of %.0f  %.2f s\n",
              q.rms, q.largest_rms, q.below1, q.below2, q.worst_below2, q.median_ratio, q.gap_share, gap, q.seconds);
  return q;
}

void expect_honest(const Quality &q)
{
  EXPECT_GT(q.below1, 0.40);
  EXPECT_LT(q.below1, 0.95);
  EXPECT_GT(q.below2, 0.90);
  EXPECT_GT(q.worst_below2, 0.80);
  EXPECT_LT(q.median_ratio, 3.0);
}

bool same_bits(const NamedTensors &a, const NamedTensors &b)
{
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].name != b[i].name || !at::equal(a[i].value, b[i].value)) return false;
  return true;
}

PmfConfig small_mlp()
{
  PmfConfig config;
  config.network = "mlp";
  config.members = 4;
  config.hidden = {16, 16};
  config.epochs = 300;
  config.rate = 1e-2;
  return config;
}
}    // namespace

TEST(GammaDeviance, HasItsMinimumAtZeroAndBendsSmoothly)
{
  const Tensor r = at::tensor({0.0, 0.5, -3.0, 2.0, 2.0 + 1e-7, 50.0}, at::kDouble);
  const Tensor d = gamma_deviance(r);
  EXPECT_DOUBLE_EQ(d[0].item<double>(), 0.0);
  EXPECT_NEAR(d[1].item<double>(), std::exp(0.5) - 1.5, 1e-15);
  EXPECT_NEAR(d[2].item<double>(), std::exp(-3.0) + 2.0, 1e-15);
  EXPECT_NEAR((d[4] - d[3]).item<double>(), 1e-7 * (std::exp(2.0) - 1), 1e-12);
  EXPECT_NEAR(d[5].item<double>(), std::exp(2.0) * (1 + 48 + 0.5 * 48 * 48) - 51, 1e-9);
}

TEST(FourierBasis, IsPeriodicWhereTheSpaceIsAndKnowsItsGradient)
{
  const CgSpace space({{"phi", -180, 180, true}, {"r", 1, 3, false}});
  const FourierBasis basis(space);
  EXPECT_EQ(basis.size(), 512);
  const Tensor a = at::tensor({170.0, 1.5, -190.0, 1.5}, at::kDouble).reshape({2, 2});
  const Tensor features = basis.features(a);
  EXPECT_LT(at::max(at::abs(features[0] - features[1])).item<double>(), 1e-10);
  EXPECT_NEAR(at::sum(basis.spectrum(0.2, 2.5)).item<double>(), 2.0, 1e-12);    // cos^2 + sin^2 share one variance
  const Tensor weights = at::sin(at::arange(513, at::kDouble));
  const Tensor gradient = basis.gradient(weights, a);
  for (int j = 0; j < 2; ++j) {
    Tensor up = a.clone(), down = a.clone();
    up.select(1, j).add_(1e-5);
    down.select(1, j).sub_(1e-5);
    const Tensor numeric = at::mv(basis.features(up) - basis.features(down), weights) / 2e-5;
    EXPECT_LT(at::max(at::abs(numeric - gradient.select(1, j))).item<double>(), 1e-5);
  }
}

TEST(PmfEnsemble, LearnsMuellerBrownWithAnHonestStd)
{
  const Quality q = measure(mueller_brown(), 200, 0.08, 20);
  EXPECT_LT(q.rms, 0.04);
  EXPECT_LT(q.largest_rms, 0.05);
  expect_honest(q);
}

TEST(PmfEnsemble, LearnsAPeriodicSeriesWithAnHonestStd)
{
  const Quality q = measure(fourier_series(), 200, 0.08, 20);
  EXPECT_LT(q.rms, 0.03);
  expect_honest(q);
}

TEST(PmfEnsemble, LearnsFromNoisyLabelsWithAnHonestStd)
{
  const Quality q = measure(fourier_series(), 200, 0.4, 20);
  EXPECT_LT(q.rms, 0.12);
  expect_honest(q);
}

TEST(PmfEnsemble, LearnsATorusWithAnHonestStd)
{
  const Quality q = measure(torus_wells(), 700, 0.15, 8);
  EXPECT_LT(q.rms, 0.1);
  expect_honest(q);
}

TEST(PmfEnsemble, LearnsThreeDimensionsWithAnHonestStd)
{
  const Quality q = measure(coupled_cube(), 300, 0.1, 8);
  EXPECT_LT(q.rms, 0.15);
  expect_honest(q);
}

// Three surfaces that were not used to choose the networks and their scales.
TEST(PmfEnsemble, IsHonestOnSurfacesThatItsDesignNeverSaw)
{
  const Case double_well{CgSpace({{"r", 2, 9, false}}), [](const double *s) {
                           const double x = (s[0] - 5.2) / 2;
                           return 5 * (x * x - 1) * (x * x - 1) + 1.5 * x + 0.4 * std::sin(7 * x);
                         }};
  const Quality a = measure(double_well, 120, 0.1, 12);
  EXPECT_LT(a.rms, 0.06);
  expect_honest(a);
  const Case ring_and_length{CgSpace({{"phi", 0, 360, true}, {"r", 0, 1, false}}), [](const double *s) {
                               const double p = s[0] * std::numbers::pi / 180, y = s[1] - 0.5 - 0.2 * std::cos(p);
                               return 40 * y * y + 2 * std::cos(3 * p) + std::sin(p - 1);
                             }};
  const Quality b = measure(ring_and_length, 300, 0.15, 8);
  EXPECT_LT(b.rms, 0.15);
  expect_honest(b);
  const Case four{CgSpace({{"a", 0, 1, false}, {"b", 0, 1, false}, {"c", -180, 180, true}, {"d", -180, 180, true}}),
                  [](const double *s) {
                    const double x = s[0] - 0.4, y = s[1] - 0.6, p = s[2] * std::numbers::pi / 180,
                                 q = s[3] * std::numbers::pi / 180;
                    return 10 * x * x + 15 * y * y + 5 * x * y + 1.5 * std::cos(p) + std::cos(p - q) + 2 * x * std::sin(q);
                  }};
  const Quality c = measure(four, 400, 0.1, 8);
  EXPECT_LT(c.rms, 0.3);
  expect_honest(c);
}

TEST(PmfEnsemble, StdIsWideATenthOfTheRangeFromTheNearestLabel)
{
  const auto gap = [](const double *s) { return s[0] < -0.9 || s[0] > 0.5; };
  const Quality few = measure(mueller_brown(), 20, 0.08, 20, {}, gap, 0.03);
  EXPECT_GT(few.gap_share, 0.995);
  const Quality many = measure(mueller_brown(), 200, 0.08, 20, {}, gap, 0.02);
  EXPECT_GT(many.gap_share, 0.995);
  expect_honest(many);
  const auto half = [](const double *s) { return std::abs(s[0]) < 90; };
  const Quality series = measure(fourier_series(), 100, 0.08, 20, {}, half, 0.01);
  EXPECT_GT(series.gap_share, 0.995);
  const Quality series_few = measure(fourier_series(), 20, 0.08, 20, {}, half, 0.02);
  EXPECT_GT(series_few.gap_share, 0.995);
  // About ten cells per seed share most of their error, so only the pooled fraction is meaningful.
  EXPECT_GT(series_few.below2, 0.85);
}

TEST(PmfEnsemble, OneBasinLeavesTheRestUnknown)
{
  const auto basin = [](const double *s) { return s[0] < -1.4 && s[0] > -2.1; };
  const Quality q = measure(mueller_brown(), 30, 0.08, 20, {}, basin, 0.01);
  EXPECT_GT(q.gap_share, 0.995);
}

TEST(PmfEnsemble, GradientIsTheDerivativeOfTheMean)
{
  for (const std::string network : {"fourier", "mlp"}) {
    const Case c = torus_wells();
    PmfConfig config = small_mlp();
    config.network = network;
    PmfEnsemble ensemble(config, c.space, 5);
    SerialCommunicator serial;
    ensemble.fit(make_labels(c, 60, 0.1, 5), 0, serial);
    for (const double s0 : {-170.0, 10.0, 100.0}) {
      const double s[] = {s0, 30.0}, h = 1e-3;
      double f, gradient[2];
      ensemble.evaluate(1, s, &f, nullptr, gradient);
      for (int j = 0; j < 2; ++j) {
        double pair[] = {s[0], s[1], s[0], s[1]}, values[2];
        pair[j] += h, pair[2 + j] -= h;
        ensemble.evaluate(2, pair, values, nullptr, nullptr);
        EXPECT_NEAR(gradient[j], (values[0] - values[1]) / (2 * h), 1e-6) << network;
      }
    }
  }
}

TEST(PmfEnsemble, MeanAndStdAreThoseOfItsMembers)
{
  const Case c = fourier_series();
  PmfEnsemble ensemble({}, c.space, 2);
  EXPECT_FALSE(ensemble.fitted());
  SerialCommunicator serial;
  ensemble.fit(make_labels(c, 50, 0.1, 2), 0, serial);
  EXPECT_TRUE(ensemble.fitted());
  const int n = 5000;    // more than one chunk
  std::vector<double> s(n), f(n), std(n), members(10 * n);
  for (int i = 0; i < n; ++i) s[i] = -180 + 360.0 * i / n;
  ensemble.evaluate(n, s.data(), f.data(), std.data(), nullptr);
  ensemble.evaluate_members(n, s.data(), members.data());
  for (int i = 0; i < n; i += 97) {
    double mean = 0, square = 0;
    for (int m = 0; m < 10; ++m) mean += members[m * n + i] / 10;
    for (int m = 0; m < 10; ++m) square += std::pow(members[m * n + i] - mean, 2) / 9;
    EXPECT_NEAR(f[i], mean, 1e-12);
    EXPECT_NEAR(std[i], std::sqrt(1.1 * 9 / 7 * square), 1e-12);
  }
  ensemble.evaluate(0, nullptr, nullptr, nullptr, nullptr);
}

TEST(PmfEnsemble, IsTheSameOnAGridAndAtItsPoints)
{
  for (const std::string network : {"fourier", "mlp"})
    for (const Case &c : {mueller_brown(), fourier_series(), torus_wells(), coupled_cube()}) {
      PmfConfig config;
      config.network = network;
      config.epochs = 20;
      PmfEnsemble ensemble(config, c.space, 2);
      SerialCommunicator serial;
      ensemble.fit(make_labels(c, 60, 0.1, 2), 0, serial);
      // Uneven numbers of points, the last case with more than one part.
      std::vector<std::vector<double>> axes(c.space.n_cv());
      RandomStream random(7, Stream::test);
      for (int k = 0; k < c.space.n_cv(); ++k)
        for (int i = 0; i < 21 + 4 * k; ++i) axes[k].push_back(c.space[k].lo + c.space[k].width() * random.uniform());
      const std::vector<double> s = grid_rows(axes);
      const std::size_t n = s.size() / c.space.n_cv();
      std::vector<double> f(n), std(n), grid_f(n), grid_std(n);
      ensemble.evaluate(static_cast<int>(n), s.data(), f.data(), std.data(), nullptr);
      ensemble.evaluate_grid(axes, grid_f.data(), grid_std.data());
      const double scale = *std::max_element(f.begin(), f.end()) - *std::min_element(f.begin(), f.end());
      for (std::size_t i = 0; i < n; ++i) {
        EXPECT_NEAR(grid_f[i], f[i], 1e-11 * scale) << network << ", point " << i;
        EXPECT_NEAR(grid_std[i], std[i], 1e-10 * scale) << network << ", point " << i;
      }
    }
}

TEST(PmfEnsemble, ConstantOfTheLabelsMovesFAndNothingElse)
{
  const Case c = mueller_brown();
  std::vector<Label> labels = make_labels(c, 60, 0.1, 3);
  SerialCommunicator serial;
  PmfEnsemble a({}, c.space, 3), b({}, c.space, 3);
  a.fit(labels, 0, serial);
  for (Label &l : labels) l.ln_mean_w += 1000;
  b.fit(labels, 0, serial);
  for (const double s : {-2.4, -1.0, 0.3}) {
    double fa, fb, ea, eb;
    a.evaluate(1, &s, &fa, &ea, nullptr);
    b.evaluate(1, &s, &fb, &eb, nullptr);
    EXPECT_NEAR(fa - 1000, fb, 1e-5);
    EXPECT_NEAR(ea, eb, 1e-5);
  }
}

TEST(PmfEnsemble, SameSeedSameBitsAndAnotherSeedOthers)
{
  for (const std::string network : {"fourier", "mlp"}) {
    const Case c = mueller_brown();
    PmfConfig config = small_mlp();
    config.network = network;
    config.batch = 16;
    const auto labels = make_labels(c, 40, 0.1, 3);
    SerialCommunicator serial;
    PmfEnsemble a(config, c.space, 3), b(config, c.space, 3), other(config, c.space, 4);
    a.fit(labels, 2, serial);
    b.fit(labels, 2, serial);
    other.fit(labels, 2, serial);
    EXPECT_TRUE(same_bits(a.state(), b.state())) << network;
    EXPECT_FALSE(same_bits(a.state(), other.state())) << network;
  }
}

TEST(PmfEnsemble, StateAndLoadGiveTheSameBits)
{
  for (const std::string network : {"fourier", "mlp"}) {
    const Case c = mueller_brown();
    PmfConfig config = small_mlp();
    config.network = network;
    SerialCommunicator serial;
    PmfEnsemble a(config, c.space, 3), b(config, c.space, 3);
    b.load(a.state());
    EXPECT_FALSE(b.fitted());
    a.fit(make_labels(c, 40, 0.1, 3), 0, serial);
    b.load(a.state());
    EXPECT_TRUE(same_bits(a.state(), b.state()));
    const double s[] = {-2.0, 0.5};
    double fa[2], fb[2], ea[2], eb[2];
    a.evaluate(2, s, fa, ea, nullptr);
    b.evaluate(2, s, fb, eb, nullptr);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(fa[i] == fb[i] && ea[i] == eb[i]) << network;
    // Training continues from there bit for bit.
    const auto more = make_labels(c, 60, 0.1, 3);
    a.fit(more, 1, serial);
    b.fit(more, 1, serial);
    EXPECT_TRUE(same_bits(a.state(), b.state())) << network;
  }
}

// A first fit and one that continues it, also with more ranks than members and more ranks than labels.
TEST(PmfEnsemble, RanksHoldTheSameBitsAndAgreeWithOne)
{
  const Case c = mueller_brown();
  PmfConfig config;
  config.members = 5;    // not a multiple of the ranks
  const auto fitted = [&](const std::vector<Label> &labels, Communicator &comm, PmfEnsemble::FitReport &report) {
    PmfEnsemble ensemble(config, c.space, 3);
    ensemble.fit({labels.begin(), labels.begin() + 3}, 0, comm);
    report = ensemble.fit(labels, 1, comm);
    return ensemble.state();
  };
  for (const int n : {60, 4}) {
    const auto labels = make_labels(c, n, 0.1, 3);
    SerialCommunicator serial;
    PmfEnsemble::FitReport report;
    const NamedTensors one = fitted(labels, serial, report);
    for (const int ranks : {2, 7}) {
      SCOPED_TRACE(testing::Message() << n << " labels on " << ranks << " ranks");
      std::vector<NamedTensors> states(ranks);
      std::vector<PmfEnsemble::FitReport> reports(ranks);
      cgflow_test::run_ranks(ranks,
                             [&](Communicator &comm) { states[comm.rank()] = fitted(labels, comm, reports[comm.rank()]); });
      for (int r = 0; r < ranks; ++r) {
        EXPECT_TRUE(same_bits(states[r], states[0]));
        EXPECT_NEAR(reports[r].loss, report.loss, 1e-8);
        EXPECT_EQ(reports[r].epochs, report.epochs);
        EXPECT_LT(at::max(at::abs(states[r][0].value - one[0].value)).item<double>(), 1e-6);
      }
    }
  }
}

TEST(PmfEnsemble, WarmStartOfTheMlpContinues)
{
  const Case c = mueller_brown();
  PmfConfig config = small_mlp();
  config.epochs = 600;
  const auto labels = make_labels(c, 80, 0.1, 3);
  SerialCommunicator serial;
  PmfEnsemble ensemble(config, c.space, 3);
  const double cold = ensemble.fit(labels, 0, serial).loss;
  config.epochs = 10;
  PmfEnsemble warm(config, c.space, 3), fresh(config, c.space, 3);
  warm.load(ensemble.state());
  EXPECT_LT(warm.fit(labels, 1, serial).loss, 2 * cold);
  EXPECT_GT(fresh.fit(labels, 1, serial).loss, 5 * cold);
}

TEST(PmfEnsemble, MlpWithThePapersLossLearnsMuellerBrown)
{
  const Case c = mueller_brown();
  PmfConfig config;
  config.network = "mlp";
  config.hidden = {64, 64};
  config.loss = "squared";
  config.rate = 5e-3;
  config.epochs = 400;
  config.batch = 50;
  config.bagging = 0.8;
  config.prior = 0.0;
  config.members = 4;
  PmfEnsemble ensemble(config, c.space, 3);
  SerialCommunicator serial;
  const auto report = ensemble.fit(make_labels(c, 200, 0.08, 3), 0, serial);
  EXPECT_LE(report.epochs, 400);
  EXPECT_LT(report.residual, 2.0);
  double square = 0;
  for (int i = 0; i <= 100; ++i) {
    const double s = -2.5 + 3.6 * i / 100;
    double f;
    ensemble.evaluate(1, &s, &f, nullptr, nullptr);
    square += std::pow(f - c.f(&s), 2) / 101;
  }
  EXPECT_LT(std::sqrt(square), 0.15);
}

TEST(PmfEnsemble, FewLabelsOrManyAtOnePlaceAreNoTrouble)
{
  const Case c = fourier_series();
  SerialCommunicator serial;
  std::vector<Label> labels = make_labels(c, 1, 0.1, 3);
  for (int n : {1, 2, 300}) {
    while (static_cast<int>(labels.size()) < n) labels.push_back(labels[0]);
    PmfEnsemble ensemble({}, c.space, 3);
    ensemble.fit(labels, 0, serial);
    double f, std;
    ensemble.evaluate(1, labels[0].s.data(), &f, &std, nullptr);
    EXPECT_NEAR(f, labels[0].f(), 0.2) << n;
    const double far = labels[0].s[0] + 120;
    ensemble.evaluate(1, &far, &f, &std, nullptr);
    EXPECT_GT(std, 0.4) << n;
  }
}

TEST(PmfEnsemble, ThreeThousandLabelsStayAffordable)
{
  const Case c = torus_wells();
  PmfEnsemble ensemble({}, c.space, 3);
  SerialCommunicator serial;
  const auto start = std::chrono::steady_clock::now();
  const auto report = ensemble.fit(make_labels(c, 3000, 0.3, 3), 0, serial);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("  %.2f s, %d Newton steps, residual %.3f\n", seconds, report.epochs, report.residual);
  EXPECT_LT(report.epochs, 40);
  EXPECT_NEAR(report.residual, 1.0, 0.15);
  EXPECT_LT(seconds, 60);    // a few seconds on a free core
}

TEST(PmfEnsemble, LabelsOfHugeErrorDoNotOverflow)
{
  const Case c = mueller_brown();
  std::vector<Label> labels = make_labels(c, 60, 0.3, 3);
  labels[7].ln_mean_w -= 300;    // a label whose samples all missed
  labels[7].relative_variance = 1;
  SerialCommunicator serial;
  PmfEnsemble ensemble({}, c.space, 3);
  ensemble.fit(labels, 0, serial);
  const auto s = test_points(c.space);
  std::vector<double> f(s.size()), std(s.size());
  ensemble.evaluate(static_cast<int>(s.size()), s.data(), f.data(), std.data(), nullptr);
  for (std::size_t i = 0; i < s.size(); ++i) ASSERT_TRUE(std::isfinite(f[i]) && std::isfinite(std[i]));
}

// Energies of 1e308 made every evidence NaN and left no scale to draw: a segmentation fault.
TEST(PmfEnsemble, LabelsWithoutAFiniteFitAreOneClearError)
{
  using testing::HasSubstr;
  const Case c = mueller_brown();
  SerialCommunicator serial;
  for (const double size : {1e200, 1.7e307, -1.7e307}) {
    std::vector<Label> labels = make_labels(c, 30, 0.3, 3);
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i].ln_mean_w = i % 2 ? size : 0.5 * size;
    PmfEnsemble ensemble({}, c.space, 3);
    EXPECT_THAT(message<ModelError>([&] { ensemble.fit(labels, 0, serial); }),
                HasSubstr("the evidence of the prior scales is not a finite number for 30 labels with F from"))
        << size;
    EXPECT_FALSE(ensemble.fitted());
  }
  for (const double value : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    std::vector<Label> labels = make_labels(c, 30, 0.3, 3);
    labels[7].ln_mean_w = value;
    PmfEnsemble ensemble({}, c.space, 3);
    EXPECT_THAT(message<ModelError>([&] { ensemble.fit(labels, 0, serial); }), HasSubstr("label 8 of 30: got ln of"));
  }
}

TEST(PmfEnsemble, ErrorsNameWhatWasGot)
{
  using testing::HasSubstr;
  const CgSpace space({{"s", 0, 1, false}});
  PmfEnsemble ensemble({}, space, 1);
  SerialCommunicator serial;
  EXPECT_THAT(message<ModelError>([&] { ensemble.fit({}, 0, serial); }), HasSubstr("got no label"));
  double x = 0, f;
  EXPECT_THAT(message<ModelError>([&] { ensemble.evaluate(1, &x, &f, nullptr, nullptr); }),
              HasSubstr("before the first fit"));
  Label label;
  label.s = {1, 2};
  EXPECT_THAT(message<ShapeError>([&] { ensemble.fit({label}, 0, serial); }),
              HasSubstr("label 1 has 2 CG variables, expected 1"));
  const NamedTensors bad{{"members", at::zeros({3, 4}, at::kDouble)}, {"shift", at::zeros({10}, at::kDouble)}};
  EXPECT_THAT(message<ModelError>([&] { ensemble.load(bad); }),
              HasSubstr("'members' has the shape 3 x 4, expected 10 x 257"));
  EXPECT_THAT(message<ModelError>([&] { ensemble.load({bad[1]}); }), HasSubstr("lacks 'members'"));
}
