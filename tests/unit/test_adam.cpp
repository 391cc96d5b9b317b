// SPDX-License-Identifier: GPL-2.0-only
#include "base/adam.h"

#include "kernels/adam_step.h"
#include "numeric.h"

#include "cgflow/error.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using namespace cgflow_test;

namespace {
Tensor leaf() { return normals({3, 2}, 1).requires_grad_(true); }
Tensor gradient(int step) { return normals({3, 2}, 10 + step); }
}    // namespace

// Algorithm 1 of Kingma and Ba, element by element.
TEST(Adam, FollowsThePublishedAlgorithm)
{
  const Tensor p = leaf();
  Adam adam(p, p, 0.9, 0.99, 1e-8);
  const Tensor start = p.detach().flatten().clone();
  std::vector<double> theta(start.data_ptr<double>(), start.data_ptr<double>() + 6), m(6, 0.0), v(6, 0.0);
  for (int t = 1; t <= 30; ++t) {
    const Tensor g = gradient(t);
    const double rate = 0.1 / t, factor = t % 2 ? 1.0 : 0.3;
    adam.step(g, rate, factor);
    for (int i = 0; i < 6; ++i) {
      const double gi = factor * g.flatten()[i].item<double>();
      m[i] = 0.9 * m[i] + 0.1 * gi;
      v[i] = 0.99 * v[i] + 0.01 * gi * gi;
      theta[i] -= rate * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.99, t))) + 1e-8);
      EXPECT_NEAR(p.flatten()[i].item<double>(), theta[i], 1e-12) << t;
    }
  }
  EXPECT_TRUE(p.requires_grad());
}

// Each rank moves a part of the same parameters. Together they do the same as one rank, and the whole tensor counts as changed.
TEST(Adam, PartsDoWhatTheWholeDoes)
{
  const Tensor p = normals({7}, 3).requires_grad_(true), q = p.detach().clone().requires_grad_(true);
  const auto part = [&](std::int64_t from, std::int64_t count) { return q.detach().narrow(0, from, count); };
  Adam whole(p, p), first(part(0, 3), part(0, 3)), second(part(3, 4), part(3, 4)), none(part(7, 0), part(7, 0));
  for (int t = 0; t < 5; ++t) {
    const Tensor g = normals({7}, 20 + t);
    whole.step(g, 0.01);
    const auto before = q._version();
    first.step(g.narrow(0, 0, 3), 0.01);
    EXPECT_GT(q._version(), before);
    second.step(g.narrow(0, 3, 4), 0.01);
    none.step(g.narrow(0, 7, 0), 0.01);
  }
  EXPECT_TRUE(at::equal(p, q));
}

// With float32 gradients the parameters themselves stay float64, so that steps far below their last float32 digit add up.
TEST(Adam, SmallStepsOfFloat32NetworksAddUp)
{
  const Tensor p = at::ones({100}, at::kDouble), q = p.clone(), rounded = p.to(at::kFloat);
  Adam exact(p, p), adam(q, rounded);
  for (int t = 0; t < 1000; ++t) {
    const Tensor g = (1.0 + normals({100}, t)).to(at::kFloat);
    exact.step(g.to(at::kDouble), 1e-8);
    adam.step(g, 1e-8);
    ASSERT_TRUE(at::equal(rounded, q.to(at::kFloat))) << t;
  }
  EXPECT_LT((p - 1.0).abs().max().item<double>(), 2e-5);
  EXPECT_GT((p - 1.0).abs().min().item<double>(), 1e-7);
  EXPECT_LT(((p - q) / (p - 1.0)).abs().max().item<double>(), 1e-3);
}

// When the gradient stays zero, the moments never become denormal numbers, which would slow down the processor.
TEST(Adam, Float32MomentsNeverBecomeSubnormal)
{
  constexpr int n = 40;
  std::vector<float> g(n, 1e-3F), rounded(n), m(n), v(n);
  std::vector<double> p(n);
  for (int t = 1; t <= 5000; ++t) {
    kernels::adam_step({1e-3, 0.9, 0.99, 1e-8, t}, n, g.data(), p.data(), rounded.data(), m.data(), v.data());
    if (t == 1) EXPECT_NEAR(p[n - 1], -1e-3, 1e-6);
    g.assign(n, 0.0F);
    for (int i = 0; i < n; ++i) {
      ASSERT_NE(std::fpclassify(m[i]), FP_SUBNORMAL) << t;
      ASSERT_NE(std::fpclassify(v[i]), FP_SUBNORMAL) << t;
    }
  }
}

TEST(Adam, SquaresOfAGradientAreAddedUpInFloat64)
{
  const Tensor g = normals({10001}, 1), single = g.to(at::kFloat);
  const double exact = g.square().sum().item<double>(), rounded = single.to(at::kDouble).square().sum().item<double>();
  EXPECT_NEAR(kernels::sum_of_squares(g.numel(), g.data_ptr<double>()), exact, 1e-12 * exact);
  EXPECT_NEAR(kernels::sum_of_squares(g.numel(), single.data_ptr<float>()), rounded, 1e-12 * exact);
  const float large[] = {1e30F, -1e30F};
  EXPECT_NEAR(kernels::sum_of_squares(2, large), 2e60, 1e54);
  EXPECT_EQ(kernels::sum_of_squares(0, large), 0.0);
}

TEST(Adam, RefusesAGradientOfAnotherShape)
{
  const Tensor p = leaf();
  Adam a(p, p);
  EXPECT_THROW(a.step(at::zeros({2, 3}, at::kDouble), 0.1), ShapeError);
  EXPECT_THROW(a.step(at::zeros({3, 2}, at::kFloat), 0.1), ShapeError);
  EXPECT_THROW(Adam(p, at::zeros({2, 3}, at::kFloat)), ShapeError);
}
