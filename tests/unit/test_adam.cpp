// SPDX-License-Identifier: GPL-2.0-only
#include "adam.h"

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

// The algorithm box of Kingma and Ba, element by element.
TEST(Adam, FollowsThePublishedAlgorithm)
{
  const Tensor p = leaf();
  Adam adam(p, 0.9, 0.99, 1e-8);
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

// Ranks move a part each of the same parameters: together they do what one does, and all of the tensor counts as changed.
TEST(Adam, PartsDoWhatTheWholeDoes)
{
  const Tensor p = normals({7}, 3).requires_grad_(true), q = p.detach().clone().requires_grad_(true);
  Adam whole(p), first(q.detach().narrow(0, 0, 3)), second(q.detach().narrow(0, 3, 4)), none(q.detach().narrow(0, 7, 0));
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

TEST(Adam, RefusesAGradientOfAnotherShape)
{
  Adam a(leaf());
  EXPECT_THROW(a.step(at::zeros({2, 3}, at::kDouble), 0.1), ShapeError);
}
