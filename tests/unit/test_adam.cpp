// SPDX-License-Identifier: GPL-2.0-only
#include "adam.h"

#include "numeric.h"

#include "cgflow/error.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using namespace cgflow_test;

namespace {
NamedTensors leaves()
{
  return {{"a", normals({3, 2}, 1).requires_grad_(true)}, {"b", normals({5}, 2).requires_grad_(true)}};
}
std::vector<Tensor> gradients(int step) { return {normals({3, 2}, 10 + step), normals({5}, 50 + step)}; }
}    // namespace

// The algorithm box of Kingma and Ba, element by element.
TEST(Adam, FollowsThePublishedAlgorithm)
{
  NamedTensors p = leaves();
  Adam adam(p, 0.9, 0.99, 1e-8);
  std::vector<double> theta(5), m(5, 0.0), v(5, 0.0);
  for (int i = 0; i < 5; ++i) theta[i] = p[1].value[i].item<double>();
  for (int t = 1; t <= 30; ++t) {
    const auto g = gradients(t);
    const double rate = 0.1 / t;
    adam.step(g, rate);
    for (int i = 0; i < 5; ++i) {
      const double gi = g[1][i].item<double>();
      m[i] = 0.9 * m[i] + 0.1 * gi;
      v[i] = 0.99 * v[i] + 0.01 * gi * gi;
      theta[i] -= rate * (m[i] / (1 - std::pow(0.9, t))) / (std::sqrt(v[i] / (1 - std::pow(0.99, t))) + 1e-8);
      EXPECT_NEAR(p[1].value[i].item<double>(), theta[i], 1e-12) << t;
    }
  }
  EXPECT_TRUE(p[0].value.requires_grad());
}

TEST(Adam, ResumesWithTheSameBits)
{
  NamedTensors p = leaves(), q = leaves();
  Adam a(p), b(q);
  for (int t = 0; t < 5; ++t) a.step(gradients(t), 0.01);
  NamedTensors stored;
  for (const auto &item : a.state()) stored.push_back({item.name, item.value.clone()});
  {
    const at::NoGradGuard no_grad;
    for (int i = 0; i < 2; ++i) q[i].value.copy_(p[i].value);
  }
  b.load(stored);
  for (int t = 5; t < 9; ++t) {
    a.step(gradients(t), 0.01);
    b.step(gradients(t), 0.01);
  }
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(p[i].value, q[i].value));
}

TEST(Adam, ResetForgets)
{
  NamedTensors p = leaves(), q = leaves();
  Adam a(p), b(q);
  for (int t = 0; t < 5; ++t) a.step(gradients(t), 0.01);
  a.reset();
  {
    const at::NoGradGuard no_grad;
    for (int i = 0; i < 2; ++i) q[i].value.copy_(p[i].value);
  }
  a.step(gradients(9), 0.01);
  b.step(gradients(9), 0.01);
  EXPECT_TRUE(at::equal(p[0].value, q[0].value));
}

TEST(Adam, RefusesWhatDoesNotFit)
{
  Adam a(leaves());
  EXPECT_THROW(a.step({at::zeros({3, 2}, at::kDouble)}, 0.1), ShapeError);
  NamedTensors state = a.state();
  NamedTensors cut(state.begin() + 1, state.end());
  EXPECT_THROW(a.load(cut), ModelError);
  state[0].value = at::zeros({2, 2}, at::kDouble);
  EXPECT_THROW(a.load(state), ModelError);
}
