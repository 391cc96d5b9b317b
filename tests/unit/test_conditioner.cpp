// SPDX-License-Identifier: GPL-2.0-only
#include "conditioner.h"

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

Row silu(Row h)
{
  for (double &v : h) v /= 1.0 + std::exp(-v);
  return h;
}

// h W + b in plain loops, layer number i of the network.
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
  ParameterSource source(1);
  const Conditioner network("n", 3, config("dense", {32, 20}), 2, source);
  randomise(network.parameters(), 0.5);
  const auto &p = network.parameters();
  ASSERT_EQ(p.size(), 6u);
  EXPECT_EQ(p[0].name, "n.0.weight");
  EXPECT_EQ(p[5].name, "n.out.bias");
  const Row h = silu(dense(p, 1, silu(dense(p, 0, {0.3, -1.0, 2.0}))));
  // The last layer's product is weighted by 16 / width where it is wider than 16.
  expect_row(network(at::tensor({0.3, -1.0, 2.0}, at::kDouble).view({1, 3}), Parameters::held), dense(p, 2, h, 16.0 / 20));
}

TEST(Conditioner, ResidualIsItsBlocksInPlainLoops)
{
  ParameterSource source(1);
  const Conditioner network("n", 2, config("residual", {12, 12}), 3, source);
  randomise(network.parameters(), 0.5);
  const auto &p = network.parameters();
  ASSERT_EQ(p.size(), 12u);
  EXPECT_EQ(p[0].name, "n.in.weight");
  EXPECT_EQ(p[6].name, "n.block1.0.weight");
  Row h = dense(p, 0, {0.3, -1.0});
  for (int block = 0; block < 2; ++block) h = sum(h, dense(p, 2 + 2 * block, silu(dense(p, 1 + 2 * block, silu(h)))));
  expect_row(network(at::tensor({0.3, -1.0}, at::kDouble).view({1, 2}), Parameters::held), dense(p, 5, h));
}

TEST(Conditioner, StartsAtZeroForAnyInput)
{
  for (const std::string kind : {"dense", "residual"}) {
    ParameterSource source(1);
    const Conditioner network("n", 4, config(kind, {8, 8}), 5, source);
    EXPECT_EQ(largest(network(normals({6, 4}, 1), Parameters::held)), 0.0) << kind;
  }
}

TEST(Conditioner, Float32RoundsAsFloat32DoesAndGivesFloat64)
{
  for (const std::string kind : {"dense", "residual"}) {
    ParameterSource a(1), b(1);
    const Conditioner fine(kind, 4, config(kind, {64, 64}), 5, a);
    const Conditioner coarse(kind, 4, config(kind, {64, 64}, "float32"), 5, b);
    randomise(fine.parameters(), 0.3);
    randomise(coarse.parameters(), 0.3);
    const Tensor x = normals({50, 4}, 1), exact = fine(x, Parameters::held), got = coarse(x, Parameters::held);
    EXPECT_EQ(got.scalar_type(), at::kDouble);
    const double error = largest(got - exact) / largest(exact);
    EXPECT_LT(error, 1e-5);
    EXPECT_GT(error, 1e-9);
    EXPECT_EQ(coarse.parameters()[0].value.scalar_type(), at::kDouble);
  }
}
