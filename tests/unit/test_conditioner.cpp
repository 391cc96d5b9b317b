// SPDX-License-Identifier: GPL-2.0-only
#include "flow/conditioner.h"

#include "numeric.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using namespace cgflow_test;

namespace {

using Row = std::vector<double>;

FlowConfig config(const std::string &network, std::vector<int> hidden, const std::string &precision = "float64")
{
  FlowConfig c;
  c.network = network;
  c.hidden = std::move(hidden);
  c.precision = precision;
  return c;
}

// A network with the tensor that its parameters are bound to.
struct Bound {
  Bound(int n_condition, Conditioner::Seen seen, const FlowConfig &c, int n_outputs, double scale)
      : source(1), network("n", n_condition, std::move(seen), c, n_outputs, source),
        all(at::empty({network.size()}, at::kDouble)),
        computed(network.type() == at::kFloat ? at::empty({network.size()}, at::kFloat) : all)
  {
    EXPECT_EQ(network.bind(all, computed, 0), network.size());
    if (scale > 0.0) randomize(network.parameters(), scale);
    computed.copy_(all);
  }
  // c [n_condition, batch], x [any, batch] -> [n_outputs, batch]
  Tensor operator()(const Tensor &c, const Tensor &x) const
  {
    auto work = network.make_work(c.size(1));
    network.forward(c, x, work);
    return work.outputs();
  }
  // The network as a function of the condition alone: [batch, n_inputs] -> [batch, n_outputs].
  Tensor outputs(const Tensor &input) const
  {
    return (*this)(input.t().contiguous(), at::zeros({0, input.size(0)}, at::kDouble)).t();
  }
  ParameterSource source;
  Conditioner network;
  Tensor all, computed;
};

Row silu(Row h)
{
  for (double &v : h) v /= 1.0 + std::exp(-v);
  return h;
}

// Layer number i of the network, h W + b, in plain loops.
Row dense(const NamedTensors &p, int i, const Row &h, double factor = 1.0)
{
  const Tensor w = p[2 * i].value, b = p[2 * i + 1].value;
  Row out(w.size(1));
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] = b[k].item<double>();
    for (std::size_t j = 0; j < h.size(); ++j) out[k] += factor * h[j] * w[j][k].item<double>();
  }
  return out;
}

Row sum(Row a, const Row &b)
{
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

void expect_row(const Tensor &got, const Row &expected)
{
  ASSERT_EQ(got.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(got[0][i].item<double>(), expected[i], 1e-12 * (1.0 + std::abs(expected[i])));
}

}    // namespace

TEST(Conditioner, DenseIsItsLayersInPlainLoops)
{
  const Bound bound(3, {}, config("dense", {32, 20}), 2, 0.5);
  const auto &p = bound.network.parameters();
  ASSERT_EQ(p.size(), 6u);
  EXPECT_EQ(p[0].name, "n.0.weight");
  EXPECT_EQ(p[5].name, "n.out.bias");
  const Row h = silu(dense(p, 1, silu(dense(p, 0, {0.3, -1.0, 2.0}))));
  // The last layer's product has the factor 16 / width when its width is above 16.
  expect_row(bound.outputs(at::tensor({0.3, -1.0, 2.0}, at::kDouble).view({1, 3})), dense(p, 2, h, 16.0 / 20));
}

TEST(Conditioner, ResidualIsItsBlocksInPlainLoops)
{
  const Bound bound(2, {}, config("residual", {12, 12}), 3, 0.5);
  const auto &p = bound.network.parameters();
  ASSERT_EQ(p.size(), 12u);
  EXPECT_EQ(p[0].name, "n.in.weight");
  EXPECT_EQ(p[6].name, "n.block1.0.weight");
  Row h = dense(p, 0, {0.3, -1.0});
  for (int block = 0; block < 2; ++block) h = sum(h, dense(p, 2 + 2 * block, silu(dense(p, 1 + 2 * block, silu(h)))));
  expect_row(bound.outputs(at::tensor({0.3, -1.0}, at::kDouble).view({1, 2})), dense(p, 5, h));
}

TEST(Conditioner, StartsAtZeroForAnyInput)
{
  for (const std::string kind : {"dense", "residual"}) {
    const Bound bound(4, {}, config(kind, {8, 8}), 5, 0.0);
    EXPECT_EQ(largest(bound.outputs(normals({6, 4}, 1))), 0.0) << kind;
  }
}

TEST(Conditioner, Float32RoundsAsFloat32Does)
{
  for (const std::string kind : {"dense", "residual"}) {
    const Bound fine(4, {}, config(kind, {64, 64}), 5, 0.3), coarse(4, {}, config(kind, {64, 64}, "float32"), 5, 0.3);
    const Tensor x = normals({50, 4}, 1), exact = fine.outputs(x), got = coarse.outputs(x);
    EXPECT_EQ(got.scalar_type(), at::kFloat);
    const double error = largest(got - exact) / largest(exact);
    EXPECT_LT(error, 1e-5);
    EXPECT_GT(error, 1e-9);
    EXPECT_EQ(coarse.network.parameters()[0].value.scalar_type(), at::kDouble);
  }
}

TEST(Conditioner, SeesValuesAndAnglesBesideTheCondition)
{
  const Bound bound(1, {{2}, {0}}, config("dense", {}), 1, 0.5);
  const Tensor x = at::tensor({0.7, 5.0, -1.5}, at::kDouble).view({3, 1});
  const Tensor got = bound(at::full({1, 1}, 0.4, at::kDouble), x);
  expect_row(got, dense(bound.network.parameters(), 0, {0.4, -1.5, std::cos(0.7), std::sin(0.7)}));
}

TEST(Conditioner, DerivativesAgreeWithFiniteDifferences)
{
  for (const std::string kind : {"dense", "residual"})
    for (const std::vector<int> &hidden : std::vector<std::vector<int>>{{20}, {20, 20}, {20, 20, 20}}) {
      const Bound bound(2, {{1}, {0}}, config(kind, hidden), 3, 0.5);
      const Tensor weights = normals({3, 4}, 8), c = normals({2, 4}, 1), x = normals({2, 4}, 2);
      auto work = bound.network.make_work(4);
      bound.network.forward(c, x, work);
      const Tensor gx = at::full_like(x, 0.5), gradient = at::full_like(bound.all, 77.0);
      work.g_out.back().copy_(weights);
      bound.network.pull_back(work, gx, gradient);
      const auto of_x = [&](const Tensor &t) { return (weights * bound(c, t)).sum().item<double>(); };
      EXPECT_LT(largest(gx - 0.5 - finite_difference(of_x, x)), 1e-8 * (1.0 + largest(gx)));
      const Tensor old = bound.all.clone();
      const auto of_all = [&](const Tensor &t) {
        Tensor(bound.all).copy_(t);
        return of_x(x);
      };
      EXPECT_LT(largest(gradient - finite_difference(of_all, old)), 1e-8 * (1.0 + largest(gradient)))
          << kind << hidden.size();
      // The derivatives by the coordinates are the same without those by the parameters.
      Tensor(bound.all).copy_(old);
      const Tensor alone = at::full_like(x, 0.5);
      work.g_out.back().copy_(weights);
      bound.network.pull_back(work, alone, {});
      EXPECT_TRUE(at::equal(alone, gx));
    }
}
