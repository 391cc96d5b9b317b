// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow_layers.h"

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

// A layer with the tensor that its parameters are bound to.
struct Bound {
  std::unique_ptr<FlowLayer> layer;
  Tensor all, computed;
  FlowLayer &operator*() const { return *layer; }
  FlowLayer *operator->() const { return layer.get(); }

  void randomize(double scale) const
  {
    cgflow_test::randomize(layer->parameters(), scale);
    update();
  }
  void update() const { Tensor(computed).copy_(all); }
};

std::unique_ptr<FlowLayer> make_alone(const std::string &kind, const std::vector<bool> &circular, FlowConfig config = {})
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

Bound make(const std::string &kind, const std::vector<bool> &circular, const FlowConfig &config = {})
{
  Bound b{make_alone(kind, circular, config), {}, {}};
  b.all = at::empty({b->n_parameters()}, at::kDouble);
  b.computed = config.precision == "float32" ? at::empty({b->n_parameters()}, at::kFloat) : b.all;
  EXPECT_EQ(b->bind(b.all, b.computed, 0), b->n_parameters());
  b.update();
  return b;
}

// Standardized values, with tails of unbounded coordinates: [n, batch].
Tensor values(const std::vector<bool> &circular, std::int64_t batch)
{
  const auto n = static_cast<std::int64_t>(circular.size());
  Tensor x = normals({batch, n}, 1, 2.5);
  const Tensor angles = uniforms({batch, n}, 2, -kPi, kPi);
  for (std::int64_t i = 0; i < n; ++i)
    if (circular[i]) x.select(1, i).copy_(angles.select(1, i));
  return x.t().contiguous();
}

struct Result {
  Tensor y, log_det;
};

// The layer's networks compute with `all` itself, or with a float32 copy of it.
Result map(FlowLayer &layer, Direction direction, const Tensor &x, const Tensor &c)
{
  Result r{at::full_like(x, 77.0), at::zeros({x.size(1)}, x.options())};
  layer.map(direction, x, c, r.y, r.log_det, *layer.make_work(x.size(1)));
  return r;
}

class Layer : public testing::TestWithParam<Case> {};

}    // namespace

TEST_P(Layer, InverseUndoesForward)
{
  const auto &[name, kind, circular, config] = GetParam();
  const auto layer = make(kind, circular, config);
  layer.randomize(0.4);
  const Tensor x = values(circular, 500), c = normals({kCondition, 500}, 3);
  const auto there = map(*layer, Direction::forward, x, c), back = map(*layer, Direction::inverse, there.y, c);
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
  layer.randomize(2.0);
  const Tensor y = map(*layer, Direction::forward, values(circular, 500), normals({kCondition, 500}, 3)).y;
  for (std::size_t i = 0; i < circular.size(); ++i) {
    if (!circular[i]) continue;
    EXPECT_LE(y.select(0, i).max().item<double>(), kPi + 1e-12);
    EXPECT_GE(y.select(0, i).min().item<double>(), -kPi - 1e-12);
  }
}

TEST_P(Layer, StartsAsTheIdentityOrAFixedTurn)
{
  const auto &[name, kind, circular, config] = GetParam();
  const Tensor x = values(circular, 50), c = normals({kCondition, 50}, 3);
  const auto r = map(*make(kind, circular, config), Direction::forward, x, c);
  EXPECT_LT(largest(r.log_det), 1e-12);
  if (kind != "shift") EXPECT_LT(largest(r.y - x), 1e-12);
}

TEST_P(Layer, DerivativesAgreeWithFiniteDifferences)
{
  const auto &[name, kind, circular, config] = GetParam();
  if (config.precision == "float32") GTEST_SKIP() << "rounding hides differences";
  const auto layer = make(kind, circular, config);
  layer.randomize(0.4);
  const Tensor x = values(circular, 5), c = normals({kCondition, 5}, 3);
  const Tensor gy = normals(x.sizes(), 4), g_log_det = normals({5}, 5);
  for (const auto direction : {Direction::forward, Direction::inverse}) {
    const auto value = [&](const Tensor &at) {
      const auto r = map(*layer, direction, at, c);
      return ((r.y * gy).sum() + (r.log_det * g_log_det).sum()).item<double>();
    };
    const auto work = layer->make_work(5);
    const Tensor y = at::empty_like(x), log_det = at::zeros({5}, at::kDouble), gx = at::empty_like(x),
                 held = at::empty_like(x);
    const Tensor gradient = at::full_like(layer.all, 77.0);
    layer->map(direction, x, c, y, log_det, *work);
    layer->pull_back(direction, x, y, gy, g_log_det, held, {}, *work);
    layer->pull_back(direction, x, y, gy, g_log_det, gx, gradient, *work);
    EXPECT_TRUE(at::equal(gx, held));
    EXPECT_LT(largest(gx - finite_difference(value, x, 1e-6)), 1e-6);
    if (gradient.numel() == 0) continue;
    const Tensor old = layer.all.clone(), direction_of_all = normals(old.sizes(), 600);
    const auto along = [&](const Tensor &t) {
      Tensor(layer.all).copy_(old + t * direction_of_all);
      return value(x);
    };
    const double numeric = finite_difference(along, at::zeros({1}, at::kDouble), 1e-6).item<double>();
    Tensor(layer.all).copy_(old);
    EXPECT_NEAR((gradient * direction_of_all).sum().item<double>(), numeric, 1e-5 * (1.0 + std::abs(numeric)));
    // The values of the forward map also serve the derivatives of the inverse.
    const auto other = direction == Direction::forward ? Direction::inverse : Direction::forward;
    const Tensor gx_other = at::empty_like(x), back = at::empty_like(x);
    layer->pull_back(other, y, x, gy, g_log_det, gx_other, {}, *work);
    const auto again = layer->make_work(5);
    layer->map(other, y, c, back, log_det, *again);
    layer->pull_back(other, y, back, gy, g_log_det, held, {}, *again);
    EXPECT_LT(largest(gx_other - held), 1e-7 * (1.0 + largest(held)));
  }
}

TEST_P(Layer, TakesEmptyBatches)
{
  const auto &[name, kind, circular, config] = GetParam();
  const auto layer = make(kind, circular, config);
  const Tensor x = values(circular, 0), c = normals({kCondition, 0}, 3);
  EXPECT_EQ(map(*layer, Direction::forward, x, c).log_det.numel(), 0);
  EXPECT_EQ(map(*layer, Direction::inverse, x, c).y.size(1), 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Layer, testing::ValuesIn(cases()), [](const auto &info) { return info.param.name; });

TEST(FlowLayers, ThoseWithoutCoordinatesAreNone)
{
  EXPECT_EQ(make_alone("affine", {true, true}), nullptr);
  EXPECT_EQ(make_alone("affine_coupling", {true, true}), nullptr);
  EXPECT_EQ(make_alone("rotor", {false, false}), nullptr);
  EXPECT_EQ(make_alone("shift", {false, false}), nullptr);
}

// Mean 1, scales e^0.5 and 1, L_21 = 2, from a network that consists of its bias.
TEST(AffineLayer, IsMeanScaleAndLowerTriangle)
{
  const auto layer = make("affine", {false, false});
  layer.randomize(0.0);
  const double raw = 6.0 * std::atanh(0.5 / 6.0);    // scales have a smooth limit at e^+-6
  layer->parameters().back().value.copy_(at::tensor({1.0, 1.0, raw, 0.0, 2.0}, at::kDouble));
  const Tensor x = at::tensor({0.3, -0.7}, at::kDouble).view({2, 1}), c = at::zeros({kCondition, 1}, at::kDouble);
  const auto r = map(*layer, Direction::forward, x, c);
  EXPECT_NEAR(r.y[0][0].item<double>(), 1.0 + std::exp(0.5) * 0.3, 1e-14);
  EXPECT_NEAR(r.y[1][0].item<double>(), 1.0 + (-0.7 + 2.0 * 0.3), 1e-14);
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
