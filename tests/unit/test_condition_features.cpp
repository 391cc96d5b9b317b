// SPDX-License-Identifier: GPL-2.0-only
#include "flow/condition_features.h"

#include "numeric.h"

#include <torch/csrc/autograd/autograd.h>

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <set>

using namespace cgflow;
using namespace cgflow_test;

namespace {
constexpr double kPi = std::numbers::pi;

CgSpace circles(int n)
{
  std::vector<CgVariable> all;
  for (int i = 0; i < n; ++i) all.push_back({"a" + std::to_string(i), -180, 180, true});
  return CgSpace(all);
}
}    // namespace

TEST(ConditionFeatures, OneVariableEntersByItsHarmonicsAlone)
{
  const ConditionFeatures line(CgSpace({{"d", 2, 6, false}}), 2), circle(circles(1), 2);
  const Tensor t = line(at::tensor({3.0}, at::kDouble).view({1, 1})).squeeze(1);
  const double u = kPi * (0.25 - 0.5);
  EXPECT_LT(largest(t - at::tensor({-0.5, std::cos(u), std::cos(2 * u), std::sin(u), std::sin(2 * u)}, at::kDouble)), 1e-14);
  const Tensor c = circle(at::tensor({30.0}, at::kDouble).view({1, 1})).squeeze(1);
  const double a = kPi * (30 + 180) / 180;
  EXPECT_LT(largest(c - at::tensor({std::cos(a), std::cos(2 * a), std::sin(a), std::sin(2 * a)}, at::kDouble)), 1e-14);
}

TEST(ConditionFeatures, SizesAreThoseOfTheHeader)
{
  const auto size = [](int n, int harmonics) { return ConditionFeatures(circles(n), harmonics).size(); };
  EXPECT_EQ(size(2, 4), 40);
  EXPECT_EQ(size(3, 4), 128);
  EXPECT_EQ(size(4, 4), 56);
  EXPECT_EQ(size(6, 4), 108);
  EXPECT_EQ(size(2, 1), 4);
  for (const int n : {1, 2, 3, 5})
    EXPECT_EQ(ConditionFeatures(circles(n), 3)(uniforms({n, 7}, 3, -180, 180)).size(0), size(n, 3)) << n;
}

// Each pair of features is one wave exp(i (j phi + k psi)). A quadrature finds its integers, which must be all of the half
// plane with |j| + |k| <= order, each once.
TEST(ConditionFeatures, TwoCirclesSeeAllWavesUpToTheOrder)
{
  const int order = 3, m = 16;
  const ConditionFeatures features(circles(2), order);
  const Tensor grid = -180.0 + 360.0 / m * at::arange(m, at::kDouble);
  const Tensor s = at::stack({grid.view({m, 1}).expand({m, m}).flatten(), grid.repeat({m})}, 0);
  const Tensor all = features(s), angle = s * (kPi / 180);
  std::set<std::pair<int, int>> found;
  for (std::int64_t c = 0; c < all.size(0); ++c) {
    int hits = 0;
    for (int j = -order; j <= order; ++j)
      for (int k = -order; k <= order; ++k) {
        const Tensor phase = j * angle.select(0, 0) + k * angle.select(0, 1);
        const double power = std::hypot((all.select(0, c) * at::cos(phase)).mean().item<double>(),
                                        (all.select(0, c) * at::sin(phase)).mean().item<double>());
        if (power < 1e-12) continue;
        // Crossings are divided by their order.
        EXPECT_NEAR(power, j != 0 && k != 0 ? 0.5 / (std::abs(j) + std::abs(k)) : 0.5, 1e-12);
        EXPECT_LE(std::abs(j) + std::abs(k), order);
        found.insert({j, k});
        ++hits;
      }
    EXPECT_EQ(hits, 2) << c;    // a wave and its mirror image
  }
  EXPECT_EQ(found.size(), 24u);
  EXPECT_EQ(all.size(0), 24);
}

// cos a cos b is the mean of two waves askew: products of two variables' waves are in the features' span.
TEST(ConditionFeatures, ProductsOfTwoCirclesAreInTheSpan)
{
  const ConditionFeatures features(circles(2), 2);
  const Tensor s = uniforms({2, 400}, 1, -180, 180), a = s.select(0, 0) * (kPi / 180), b = s.select(0, 1) * (kPi / 180);
  const Tensor design = features(s).t();
  for (const Tensor &product : {at::cos(a) * at::cos(b), at::sin(a) * at::cos(b), at::sin(a) * at::sin(b)}) {
    const Tensor weights = at::matmul(at::linalg_pinv(design, 1e-12), product.unsqueeze(1));
    EXPECT_LT(largest(at::matmul(design, weights).squeeze(1) - product), 1e-10);
  }
}

TEST(ConditionFeatures, VariablesThatAreNotPeriodicDoNotCross)
{
  EXPECT_EQ(ConditionFeatures(CgSpace({{"a", 0, 1, false}, {"b", 0, 1, false}}), 3).size(), 2 * 7);
  EXPECT_EQ(ConditionFeatures(CgSpace({{"phi", -180, 180, true}, {"b", 0, 1, false}}), 3).size(), 6 + 7);
}

TEST(ConditionFeatures, PeriodicVariablesCloseAndDerivativesAreRight)
{
  const CgSpace space({{"phi", -180, 180, true}, {"d", 0, 10, false}, {"psi", 0, 360, true}});
  const ConditionFeatures features(space, 3);
  const Tensor s = at::tensor({-180.0, 4.0, 77.0}, at::kDouble).view({3, 1});
  const Tensor same = at::tensor({180.0, 4.0, 77.0 - 360.0}, at::kDouble).view({3, 1});
  EXPECT_LT(largest(features(s) - features(same)), 1e-12);
  const Tensor weight = normals({features.size(), 1}, 9), leaf = s.clone().requires_grad_(true);
  const Tensor g = torch::autograd::grad({(features(leaf) * weight).sum()}, {leaf})[0];
  const Tensor numeric =
      finite_difference([&](const Tensor &t) { return (features(t) * weight).sum().item<double>(); }, s, 1e-4);
  EXPECT_LT(largest(g - numeric), 1e-7);
}
