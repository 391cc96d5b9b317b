// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/fourier_evidence.h"

#include "gaussian_process.h"
#include "numeric.h"
#include "rank_threads.h"

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <tuple>

using namespace cgflow;
using namespace cgflow::testing_cases;

namespace {

/// Labels at random points of a space: F of a few kT with variances between 0.01 and 0.2.
struct Labels {
  Labels(const CgSpace &space, std::int64_t n)
      : s(cgflow_test::uniforms({n, space.n_cv()}, 1, 0.0, 1.0)), variance(cgflow_test::uniforms({n}, 2, 0.01, 0.2))
  {
    for (int k = 0; k < space.n_cv(); ++k) s.select(1, k).mul_(space[k].width()).add_(space[k].lo);
    const Tensor x = (s.select(1, 0) - space[0].lo) / space[0].width();
    f = 3.0 * at::sin(7.0 * x) + 1.7 + cgflow_test::normals({n}, 3, 0.4);
  }
  Tensor s, variance, f;
};

double number(const Tensor &t, std::int64_t i) { return t[i].item<double>(); }

using Key = std::tuple<double, double, double, double>;
Key key(const FourierScales &x) { return {x.length, x.smoothness, x.amplitude, x.noise}; }

/// Probability of each scale that is drawn at all, to a millionth.
std::map<Key, double> probabilities(const FourierEvidence &evidence)
{
  constexpr int kDraws = 1000000;
  std::map<Key, double> share;
  for (int i = 0; i < kDraws; ++i) share[key(evidence.draw((i + 0.5) / kDraws))] += 1.0 / kDraws;
  return share;
}

/// ln of evidence times prior of the scales by dense algebra: y ~ N(0, prior covariance + noise diag(variance)), the
/// amplitude (in units of the labels' spread) and the noise log-normal around 1 with unit width.
double brute_force(const FourierBasis &basis, const Labels &labels, const FourierScales &scales, double prior)
{
  const std::int64_t all = labels.f.size(0), stride = (all + FourierEvidence::kLabels - 1) / FourierEvidence::kLabels;
  double weight = 0.0, center = 0.0, mean = 0.0, square = 0.0;
  for (std::int64_t i = 0; i < all; ++i) {
    weight += 1.0 / number(labels.variance, i);
    center += number(labels.f, i) / number(labels.variance, i);
    mean += number(labels.f, i) / static_cast<double>(all);
  }
  center /= weight;
  for (std::int64_t i = 0; i < all; ++i) square += std::pow(number(labels.f, i) - mean, 2) / static_cast<double>(all - 1);
  const double spread = prior * std::max(2.0, std::sqrt(square));
  const auto some = at::indexing::Slice(0, all, stride);
  const Tensor s = labels.s.index({some}), f = labels.f.index({some}), variance = labels.variance.index({some});
  Matrix covariance = prior_covariance(basis, scales, s, s);
  std::vector<double> y;
  for (std::int64_t i = 0; i < s.size(0); ++i) {
    covariance[i][i] += scales.noise * number(variance, i);
    y.push_back(number(f, i) - center);
  }
  return log_density(covariance, y) - 0.5 * std::pow(std::log(scales.amplitude / spread), 2) -
         0.5 * std::pow(std::log(scales.noise), 2);
}

/// Compares the logarithms of the probabilities that are known well enough, relative to the largest. Returns how many.
int compare(const CgSpace &space, std::int64_t n, double prior, double smallest)
{
  const FourierBasis basis(space);
  const Labels labels(space, n);
  SerialCommunicator comm;
  const FourierEvidence evidence(basis, labels.s, labels.f, labels.variance, prior, comm);
  const std::map<Key, double> share = probabilities(evidence);
  const auto best =
      std::max_element(share.begin(), share.end(), [](const auto &a, const auto &b) { return a.second < b.second; });
  const auto scales = [](const Key &k) {
    return FourierScales{std::get<0>(k), std::get<1>(k), std::get<2>(k), std::get<3>(k)};
  };
  const double reference = brute_force(basis, labels, scales(best->first), prior);
  int compared = 0;
  for (const auto &[k, probability] : share) {
    if (probability < smallest) continue;
    // A probability is known to one draw in a million.
    EXPECT_NEAR(std::log(probability / best->second), brute_force(basis, labels, scales(k), prior) - reference,
                2e-6 / smallest)
        << "length " << std::get<0>(k) << ", smoothness " << std::get<1>(k) << ", amplitude " << std::get<2>(k) << ", noise "
        << std::get<3>(k);
    ++compared;
  }
  return compared;
}

const CgSpace kLine({{"s", -1, 3, false}});
const CgSpace kCylinder({{"phi", -180, 180, true}, {"r", 1, 2, false}});

}    // namespace

TEST(FourierEvidence, IsThatOfDenseAlgebra)
{
  EXPECT_GT(compare(kLine, 12, 1.0, 1e-3), 50);
  EXPECT_GT(compare(kCylinder, 9, 1.0, 1e-3), 50);
}

TEST(FourierEvidence, PriorScalesTheAmplitudes) { EXPECT_GT(compare(kLine, 12, 3.0, 1e-3), 50); }

TEST(FourierEvidence, OfManyLabelsTakesEachSecondOne) { EXPECT_GT(compare(kLine, 310, 1.0, 1e-3), 5); }

TEST(FourierEvidence, ScalesStayWithinTheirGrid)
{
  const FourierBasis basis(kCylinder);
  const Labels labels(kCylinder, 20);
  SerialCommunicator comm;
  const FourierEvidence evidence(basis, labels.s, labels.f, labels.variance, 1.0, comm);
  for (const double u : {1e-12, 0.3, 0.7, 1.0 - 1e-12}) {
    const FourierScales scales = evidence.draw(u);
    EXPECT_GE(scales.length, 0.05);
    EXPECT_LE(scales.length, 0.3 * std::sqrt(2.0) * (1 + 1e-12));
    EXPECT_GE(scales.noise, 1.0);
  }
  double sum = 0.0, weight = 0.0;
  for (int i = 0; i < 20; ++i) {
    sum += number(labels.f, i) / number(labels.variance, i);
    weight += 1.0 / number(labels.variance, i);
  }
  EXPECT_NEAR(evidence.center(), sum / weight, 1e-12);
}

TEST(FourierEvidence, IsTheSameOnEveryNumberOfRanks)
{
  const FourierBasis basis(kLine);
  const Labels labels(kLine, 40);
  std::vector<std::vector<Key>> drawn;
  std::mutex mutex;
  for (const int ranks : {1, 3})
    cgflow_test::run_ranks(ranks, [&](Communicator &comm) {
      const at::NoGradGuard no_gradient;
      const FourierEvidence evidence(basis, labels.s, labels.f, labels.variance, 1.0, comm);
      std::vector<Key> mine;
      for (int i = 0; i < 100; ++i) mine.push_back(key(evidence.draw((i + 0.5) / 100)));
      const std::lock_guard lock(mutex);
      drawn.push_back(mine);
    });
  ASSERT_EQ(drawn.size(), 4u);
  for (const auto &other : drawn) EXPECT_EQ(other, drawn[0]);
}
