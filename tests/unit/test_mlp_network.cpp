// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/mlp_network.h"

#include "numeric.h"

#include <gtest/gtest.h>

using namespace cgflow;
using namespace cgflow_test;

namespace {
// The textbook formula as plain loops.
Tensor plain(const std::vector<std::int64_t> &widths, const Tensor &parameters, const Tensor &x)
{
  Tensor h = x;
  std::int64_t at = 0;
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    const std::int64_t in = widths[l], out = widths[l + 1];
    Tensor next = at::empty({out, x.size(1)}, at::kDouble);
    for (std::int64_t j = 0; j < out; ++j)
      for (std::int64_t i = 0; i < x.size(1); ++i) {
        double sum = parameters[at + in * out + j].item<double>();
        for (std::int64_t k = 0; k < in; ++k) sum += parameters[at + k * out + j].item<double>() * h[k][i].item<double>();
        next[j][i] = l + 2 < widths.size() ? std::tanh(sum) : sum;
      }
    h = next;
    at += (in + 1) * out;
  }
  return h[0];
}
}    // namespace

TEST(MlpNetwork, IsItsLayers)
{
  const std::vector<std::int64_t> widths{3, 5, 4, 1};
  MlpNetwork network(widths);
  EXPECT_EQ(network.size(), 4 * 5 + 6 * 4 + 5);
  const Tensor p = normals({network.size()}, 1);
  for (const std::int64_t n : {1, 6, 2}) {    // another batch, another work space
    const Tensor x = normals({3, n}, 2 + n);
    EXPECT_LT(largest(network.forward(p, x) - plain(widths, p, x)), 1e-13);
  }
}

TEST(MlpNetwork, DerivativesAreThoseOfItsOutput)
{
  MlpNetwork network({2, 6, 3, 1});
  const Tensor p = normals({network.size()}, 4), x = normals({2, 5}, 5), slope = normals({5}, 6);
  const auto sum = [&](const Tensor &parameters, const Tensor &points) {
    return at::dot(network.forward(parameters, points), slope).item<double>();
  };
  Tensor gradient = at::full_like(p, 7.0);    // what stood there is overwritten
  network.forward(p, x);
  network.pull_back(p, x, slope, gradient);
  const Tensor by_x = network.pull_back_inputs(p, slope).clone();
  EXPECT_LT(largest(gradient - finite_difference([&](const Tensor &t) { return sum(t, x); }, p)), 1e-8);
  EXPECT_LT(largest(by_x - finite_difference([&](const Tensor &t) { return sum(p, t); }, x)), 1e-8);
}
