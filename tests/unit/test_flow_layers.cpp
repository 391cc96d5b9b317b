// SPDX-License-Identifier: GPL-2.0-only
#include "flow_layers.h"

#include "numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace cgflow;
using namespace cgflow_test;

namespace {

constexpr double kPi = std::numbers::pi;
constexpr int kCondition = 5;

struct Case {
  std::string name, kind;
  std::vector<bool> circular;
  FlowConfig config{};
};

std::vector<Case> cases()
{
  const std::vector<bool> line(7, false), circle(3, true), mixed{false, true, false, false, true, false};
  std::vector<Case> all;
  for (const std::string kind : {"affine", "rotor", "spline", "affine_coupling", "spline_coupling", "shift"}) {
    const bool on_line = kind != "rotor" && kind != "shift", on_circle = kind != "affine" && kind != "affine_coupling";
    if (on_line) all.push_back({kind + "_line", kind, line});
    if (on_circle) all.push_back({kind + "_circle", kind, circle});
    all.push_back({kind + "_mixed", kind, mixed});
    FlowConfig other;
    other.network = "residual";
    other.masks = "random";
    all.push_back({kind + "_residual_random", kind, mixed, other});
    other.precision = "float32";
    all.push_back({kind + "_float32", kind, mixed, other});
  }
  return all;
}

std::unique_ptr<FlowLayer> make(const std::string &kind, const std::vector<bool> &circular, FlowConfig config = {})
{
  config.hidden = {16};
  ParameterSource source(3);
  const LayerContext context{kind, kCondition, circular, 0, config, source};
  if (kind == "affine") return make_affine_layer(context);
  if (kind == "shift") return make_shift_layer(context);
  return make_elementwise_layer(context, kind == "rotor"             ? Elementwise::rotor
                                         : kind == "spline"          ? Elementwise::spline
                                         : kind == "affine_coupling" ? Elementwise::affine_coupling
                                                                     : Elementwise::spline_coupling);
}

// Standardised values, tails of unbounded ones included.
Tensor values(const std::vector<bool> &circular, std::int64_t batch)
{
  const auto n = static_cast<std::int64_t>(circular.size());
  Tensor x = normals({batch, n}, 1, 2.5);
  const Tensor angles = uniforms({batch, n}, 2, -kPi, kPi);
  for (std::int64_t i = 0; i < n; ++i)
    if (circular[i]) x.select(1, i).copy_(angles.select(1, i));
  return x;
}

class Layer : public testing::TestWithParam<Case> {};

}    // namespace

TEST_P(Layer, InverseUndoesForward)
{
  const auto &[name, kind, circular, config] = GetParam();
  const auto layer = make(kind, circular, config);
  randomise(layer->parameters(), 0.4);
  const Tensor x = values(circular, 500), c = normals({500, kCondition}, 3);
  const auto there = layer->forward(x, c, Parameters::held), back = layer->inverse(there.y, c, Parameters::held);
  // float32 networks may round an input that differs in its last bit to the next number.
  const double tolerance = config.precision == "float32" ? 1e-4 : 1e-10;
  EXPECT_LT(largest(back.y - x), tolerance);
  EXPECT_LT(largest(back.log_det + there.log_det), 10 * tolerance);
  EXPECT_GT(largest(there.y - x), 0.1);
}

TEST_P(Layer, CirclesStayOnTheirRange)
{
  const auto &[name, kind, circular, config] = GetParam();
  const auto layer = make(kind, circular, config);
  randomise(layer->parameters(), 2.0);
  const Tensor y = layer->forward(values(circular, 500), normals({500, kCondition}, 3), Parameters::held).y;
  for (std::size_t i = 0; i < circular.size(); ++i) {
    if (!circular[i]) continue;
    EXPECT_LE(y.select(1, i).max().item<double>(), kPi + 1e-12);
    EXPECT_GE(y.select(1, i).min().item<double>(), -kPi - 1e-12);
  }
}

TEST_P(Layer, StartsAsTheIdentityOrAFixedTurn)
{
  const auto &[name, kind, circular, config] = GetParam();
  const Tensor x = values(circular, 50), c = normals({50, kCondition}, 3);
  const auto r = make(kind, circular, config)->forward(x, c, Parameters::held);
  EXPECT_LT(largest(r.log_det), 1e-12);
  if (kind != "shift") EXPECT_LT(largest(r.y - x), 1e-12);
}

TEST_P(Layer, TakesEmptyBatches)
{
  const auto &[name, kind, circular, config] = GetParam();
  const auto layer = make(kind, circular, config);
  const Tensor x = values(circular, 0), c = normals({0, kCondition}, 3);
  EXPECT_EQ(layer->forward(x, c, Parameters::differentiated).log_det.numel(), 0);
  EXPECT_EQ(layer->inverse(x, c, Parameters::differentiated).y.size(0), 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Layer, testing::ValuesIn(cases()), [](const auto &info) { return info.param.name; });

TEST(FlowLayers, ThoseWithoutCoordinatesAreNone)
{
  EXPECT_EQ(make("affine", {true, true}), nullptr);
  EXPECT_EQ(make("affine_coupling", {true, true}), nullptr);
  EXPECT_EQ(make("rotor", {false, false}), nullptr);
  EXPECT_EQ(make("shift", {false, false}), nullptr);
}

// By hand: mean 1, scales e^0.5 and 1, L_21 = 2 from a network that is its bias.
TEST(AffineLayer, IsMeanScaleAndLowerTriangle)
{
  const auto layer = make("affine", {false, false});
  randomise(layer->parameters(), 0.0);
  const double raw = 6.0 * std::atanh(0.5 / 6.0);    // scales are limited smoothly to e^+-6
  layer->parameters().back().value.detach().copy_(at::tensor({1.0, 1.0, raw, 0.0, 2.0}, at::kDouble));
  const Tensor x = at::tensor({0.3, -0.7}, at::kDouble).view({1, 2}), c = at::zeros({1, kCondition}, at::kDouble);
  const auto r = layer->forward(x, c, Parameters::held);
  EXPECT_NEAR(r.y[0][0].item<double>(), 1.0 + std::exp(0.5) * 0.3, 1e-14);
  EXPECT_NEAR(r.y[0][1].item<double>(), 1.0 + (-0.7 + 2.0 * 0.3), 1e-14);
  EXPECT_NEAR(r.log_det.item<double>(), 0.5, 1e-14);
}

TEST(CouplingMask, EverySecondCouplingTakesTheOtherHalf)
{
  for (const std::string kind : {"alternating", "random"})
    for (const std::int64_t n : {2, 5, 8, 55})
      for (int pair = 0; pair < 3; ++pair) {
        const auto first = coupling_mask(kind, n, 2 * pair), second = coupling_mask(kind, n, 2 * pair + 1);
        std::int64_t passing = 0;
        for (std::int64_t i = 0; i < n; ++i) {
          EXPECT_NE(first[i], second[i]);
          passing += first[i];
        }
        EXPECT_LE(std::abs(2 * passing - n), 1);
      }
  EXPECT_NE(coupling_mask("random", 55, 0), coupling_mask("random", 55, 2));
  EXPECT_EQ(coupling_mask("random", 55, 2), coupling_mask("random", 55, 2));
  EXPECT_EQ(coupling_mask("alternating", 3, 1), (std::vector<bool>{false, true, false}));
  EXPECT_EQ(coupling_mask("random", 1, 0), std::vector<bool>{false});
}
