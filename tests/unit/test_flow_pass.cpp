// SPDX-License-Identifier: GPL-2.0-only
// Derivatives of the flow against finite differences, and the batches that they belong to.
#include "flow/flow_pass.h"

#include "base/adam.h"
#include "flow_cases.h"
#include "numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>

using namespace cgflow;
using namespace cgflow_test;

namespace {
// Compares `gradient`, the derivative of value() by all parameters, with finite differences along one random direction in each
// tensor. Element by element they would take minutes.
void expect_parameter_gradient(const ConditionalFlow &flow, const Tensor &gradient, const std::function<double()> &value)
{
  std::int64_t first = 0;
  for (const auto &p : flow.parameters()) {
    const Tensor old = p.value.clone(), direction = normals(old.sizes(), 600 + first);
    const Tensor mine = gradient.narrow(0, first, old.numel()).view(old.sizes());
    const auto along = [&](const Tensor &t) {
      p.value.copy_(old + t * direction);
      return value();
    };
    const double numeric = finite_difference(along, at::zeros({1}, at::kDouble), 1e-6).item<double>();
    p.value.copy_(old);
    EXPECT_NEAR((mine * direction).sum().item<double>(), numeric, 1e-5 * (1.0 + std::abs(numeric))) << p.name;
    first += old.numel();
  }
  EXPECT_EQ(first, gradient.numel());
}
}    // namespace

TEST_P(Flow, DerivativesOfLogProbAgreeWithFiniteDifferences)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(4), weight = normals({4}, 61);
  const Tensor fine = flow->sample(flow->draw_latent(5, Stream::test, 0, 4, 0), s).fine;
  FlowPass pass(*flow);
  auto density = pass.log_prob(fine, s);
  EXPECT_TRUE(at::equal(density.log_q(), flow->log_prob(fine, s)));
  const Tensor gradient = at::full_like(flow->all(), 77.0), by_fine = density.pull_back(weight, gradient);
  const auto value = [&](const Tensor &f) { return (weight * flow->log_prob(f, s)).sum().item<double>(); };
  EXPECT_LT(largest(by_fine - finite_difference(value, fine, 1e-6)), 1e-5);
  expect_parameter_gradient(*flow, gradient, [&] { return value(fine); });
}

TEST_P(Flow, DerivativesOfSamplesAgreeWithFiniteDifferences)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(4), z = flow->draw_latent(6, Stream::test, 0, 4, 0);
  const Tensor by_fine = normals({flow->n_fine(), 4}, 60), by_log_q = normals({4}, 61);
  FlowPass pass(*flow);
  auto drawn = pass.sample(z, s);
  EXPECT_TRUE(at::equal(drawn.fine(), flow->sample(z, s).fine));
  const Tensor g = at::full_like(flow->all(), 77.0);
  drawn.pull_back(by_fine, by_log_q, g);
  expect_parameter_gradient(*flow, g, [&] {
    const auto sample = flow->sample(z, s);
    return ((sample.fine * by_fine).sum() + (sample.log_q * by_log_q).sum()).item<double>();
  });
}

// The derivative through the layers from the latent side equals that of the density at the sample.
TEST_P(Flow, ScoreIsTheDerivativeOfLogProbAtTheSample)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(20), z = flow->draw_latent(6, Stream::test, 0, 20, 0);
  FlowPass pass(*flow), other(*flow);
  auto drawn = pass.sample(z, s);
  auto density = other.log_prob(drawn.fine(), s);
  const Tensor expected = density.pull_back(at::ones({20}, at::kDouble), at::empty_like(flow->all()));
  EXPECT_LT(largest(drawn.score() - expected), 1e-8 * (1.0 + largest(expected)));
}

TEST_P(Flow, BatchesOfOtherSizesDoNotMix)
{
  const auto flow = make(GetParam());
  FlowPass pass(*flow);
  for (const std::int64_t n : {5, 1, 40, 17, 5, 0}) {
    const Tensor s = conditions(n), z = flow->draw_latent(6, Stream::test, 0, n, 0);
    FlowPass other(*flow);
    const auto got = pass.sample(z, s), expected = other.sample(z, s);
    EXPECT_TRUE(at::equal(got.fine(), expected.fine())) << n;
    EXPECT_TRUE(at::equal(got.log_q(), expected.log_q())) << n;
  }
}

// A derivative is that of the handle's own batch, whatever the pass has done since.
TEST_P(Flow, DerivativesBelongToTheirBatch)
{
  const auto flow = make(GetParam());
  FlowPass pass(*flow), other(*flow);
  const Tensor s = conditions(9), z = flow->draw_latent(6, Stream::test, 0, 18, 0), by_log_q = normals({9}, 61);
  const Tensor g = at::empty_like(flow->all()), expected_g = at::empty_like(flow->all());
  auto expected = other.sample(z.narrow(1, 0, 9), s);
  const Tensor expected_score = expected.score(), by_fine = normals({flow->n_fine(), 9}, 60);
  expected.pull_back(by_fine, by_log_q, expected_g);

  auto first = pass.sample(z.narrow(1, 0, 9), s), second = pass.sample(z.narrow(1, 9, 9), s);
  auto density = pass.log_prob(second.fine(), s);
  density.pull_back(by_log_q, g);
  second.score();
  EXPECT_TRUE(at::equal(first.score(), expected_score));
  first.pull_back(by_fine, by_log_q, g);
  EXPECT_TRUE(at::equal(g, expected_g));
}

INSTANTIATE_TEST_SUITE_P(Layers, Flow, testing::ValuesIn(cases()), [](const auto &info) { return info.param.name; });

// The memory of a training is bounded: the process does not grow in 10 000 more steps with two alternating batch sizes.
TEST(FlowPass, TenThousandStepsTakeNoMoreMemory)
{
  const auto resident_pages = [] {
    std::ifstream file("/proc/self/statm");
    long total = 0, resident = 0;
    file >> total >> resident;
    return resident;
  };
  FlowConfig config = molecular(false);
  config.hidden = {16};
  config.precision = "float32";
  ConditionalFlow flow(config, space(), molecule(), 7);
  FlowPass pass(flow);
  Adam adam(flow.all(), flow.computed());
  const Tensor gradient = at::empty_like(flow.computed());
  const auto steps = [&](int n) {
    for (int i = 0; i < n; ++i) {
      const std::int64_t batch = i % 4 ? 8 : 5;
      const Tensor s = conditions(batch), z = flow.draw_latent(3, Stream::test, i, batch, 0);
      auto sample = pass.sample(z, s);
      sample.pull_back(sample.score() + 0.1 * sample.fine(), at::zeros({batch}, at::kDouble), gradient);
      adam.step(gradient, 1e-4);
    }
  };
  steps(500);
  const long before = resident_pages();
  if (before == 0) GTEST_SKIP() << "no /proc here";
  steps(10000);
  EXPECT_LE(resident_pages() - before, 64);    // a quarter of a MB
}
