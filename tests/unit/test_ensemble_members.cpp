// SPDX-License-Identifier: GPL-2.0-only
// The Fourier members against dense Gaussian algebra.
#include "pmf/ensemble_members.h"

#include "cgflow/random.h"
#include "gaussian_process.h"
#include "numeric.h"
#include "pmf/ensemble.h"
#include "pmf/label_weights.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using namespace cgflow::testing_cases;

namespace {

constexpr std::uint64_t kSeed = 5;

Tensor column(const std::vector<double> &values)
{
  return at::tensor(values, at::kDouble).view({static_cast<std::int64_t>(values.size()), 1});
}

/// The scales that member i draws.
FourierScales scales_of(const FourierEvidence &evidence, std::int64_t member)
{
  return evidence.draw(RandomStream(kSeed, Stream::ensemble_init, member, 2).uniform());
}

/// The prior function of member i at s [n, 1]: a draw of the Matern process of its scales.
std::vector<double> prior_function(const FourierBasis &basis, const FourierScales &scales, std::int64_t member,
                                   const Tensor &s)
{
  RandomStream random(kSeed, Stream::ensemble_init, member, 1);
  const Tensor features = basis.features(s), spectrum = basis.spectrum(scales.length, scales.smoothness);
  std::vector<double> f(s.size(0), 0.0);
  for (std::int64_t k = 0; k < basis.size(); ++k) {
    const double weight = scales.amplitude * std::sqrt(spectrum[k].item<double>()) * random.normal();
    for (std::int64_t i = 0; i < s.size(0); ++i) f[i] += weight * features[i][k].item<double>();
  }
  return f;
}

}    // namespace

// Each member is the mean of the posterior given its own prior function, scales and bootstrap weights:
// F(s) = center + g(s) + k(s)^T (K + N)^-1 (y - g), with g the prior function, K the prior covariance and N the noise.
TEST(FourierMembers, AreThePosteriorMeanAroundTheirPriorFunctions)
{
  const CgSpace space({{"s", 0, 2, false}});
  const FourierBasis basis(space);
  PmfConfig config;
  config.loss = "squared";
  config.members = 4;
  const int n = 9;
  LabelData data{cgflow_test::uniforms({n, 1}, 1, 0.1, 1.9), Tensor(), at::full({n}, 0.03, at::kDouble), Tensor()};
  data.f = 4.0 * at::cos(3.0 * data.s.select(1, 0)) + cgflow_test::normals({n}, 2, 0.2);
  data.ln_w = -data.f;
  SerialCommunicator comm;
  const at::NoGradGuard no_gradient;
  const auto members = make_fourier_members(config, space, kSeed);
  const PmfMembers::Report report = members->fit(data, Tensor(), 0, comm);
  const Tensor points = column({0.0, 0.3, 0.77, 1.2, 1.66, 2.0});
  const Tensor f = members->evaluate(report.parameters, points);

  const FourierEvidence evidence(basis, data.s, data.f, data.variance, config.prior, comm);
  for (std::int64_t m = 0; m < config.members; ++m) {
    const FourierScales scales = scales_of(evidence, m);
    Matrix covariance = prior_covariance(basis, scales, data.s, data.s);
    const Matrix cross = prior_covariance(basis, scales, points, data.s);
    const std::vector<double> prior_at_labels = prior_function(basis, scales, m, data.s),
                              prior_at_points = prior_function(basis, scales, m, points);
    std::vector<double> rest;
    for (int i = 0; i < n; ++i) {
      covariance[i][i] += scales.noise * 0.03 / bootstrap_weight(config, kSeed, m, i);
      rest.push_back(data.f[i].item<double>() - evidence.center() - prior_at_labels[i]);
    }
    const std::vector<double> weights = solve(cholesky(covariance), rest);
    for (std::int64_t j = 0; j < points.size(0); ++j) {
      double expected = evidence.center() + prior_at_points[j];
      for (int i = 0; i < n; ++i) expected += cross[j][i] * weights[i];
      EXPECT_NEAR(f[m][j].item<double>(), expected, 1e-5) << "member " << m << ", point " << j;
    }
  }
}

// Far from a single label only the prior is known. The members agree at the label, so their variance far away is that of
// the prior's difference between the two points: 2 a^2 (1 - rho) for the amplitude a and the correlation rho of a
// member's prior.
TEST(FourierMembers, AreAsWideAsThePriorFarFromTheOnlyLabel)
{
  const CgSpace space({{"phi", -180, 180, true}});
  PmfConfig config;
  config.members = 1000;
  Label label;
  label.s = {0.0};
  label.n = 16;
  label.ln_mean_w = -3.0;
  label.relative_variance = 1e-3;
  SerialCommunicator comm;
  PmfEnsemble ensemble(config, space, kSeed);
  ensemble.fit({label}, 0, comm);
  const std::vector<double> far{-180.0, -150.0, 150.0};
  std::vector<double> f(far.size() * config.members), at_label(config.members);
  ensemble.evaluate_members(static_cast<int>(far.size()), far.data(), f.data());
  ensemble.evaluate_members(1, label.s.data(), at_label.data());

  const FourierBasis basis(space);
  const std::vector<double> variance = smoothed_variance({label}, space, comm);
  const FourierEvidence evidence(basis, column({0.0}), at::full({1}, 3.0 - 0.5 * variance[0], at::kDouble),
                                 at::full({1}, variance[0], at::kDouble), config.prior, comm);
  double expected = 0.0, square = 0.0, mean = 0.0;
  const double count = static_cast<double>(f.size());
  for (std::int64_t m = 0; m < config.members; ++m) {
    const FourierScales scales = scales_of(evidence, m);
    for (const auto &row : prior_covariance(basis, scales, column(far), column({0.0}))) {
      // Without the constant, whose variance is 100 squared amplitudes.
      const double amplitude = scales.amplitude * scales.amplitude, rho = row[0] / amplitude - 100.0;
      expected += 2.0 * amplitude * (1.0 - rho) / count;
    }
  }
  const auto difference = [&](std::size_t i) { return f[i] - at_label[i / far.size()]; };
  for (std::size_t i = 0; i < f.size(); ++i) mean += difference(i) / count;
  for (std::size_t i = 0; i < f.size(); ++i) square += std::pow(difference(i) - mean, 2) / count;
  // A variance of a thousand members is known to several percent; a prior 1.5 times too wide is off by a factor of 2.25.
  EXPECT_NEAR(square / expected, 1.0, 0.2);
}
