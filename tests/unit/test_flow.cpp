// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow.h"

#include "base/adam.h"
#include "flow/flow_pass.h"
#include "flow_cases.h"
#include "numeric.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;

TEST_P(Flow, LogProbOfASampleIsItsLogQ)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(200), z = flow->draw_latent(3, Stream::test, 0, 200, 0);
  const auto sample = flow->sample(z, s);
  // z goes through the forward and the inverse map, so that an error of the inverse would show in ln q.
  EXPECT_LT(largest(flow->log_prob(sample.fine, s) - sample.log_q), 1e-9);
}

TEST_P(Flow, StartsAsTheStandardizedBase)
{
  FlowConfig config = GetParam().config;
  config.layers = GetParam().layers;
  const ConditionalFlow flow(config, space(), GetParam().fine, 7);
  const Tensor s = conditions(20), z = flow.draw_latent(3, Stream::test, 0, 20, 0);
  const auto sample = flow.sample(z, s);
  for (int k = 0; k < flow.n_fine(); ++k) {
    if (GetParam().fine[k].kind != Kind::unbounded) continue;
    EXPECT_LT(largest(sample.fine.select(0, k) - z.select(0, k)), 1e-12);
  }
}

// ln q = ln base(z) - ln |d fine / dz| with the Jacobian by central differences.
TEST_P(Flow, LogDetIsTheJacobian)
{
  const auto flow = make(GetParam());
  const int n = flow->n_fine();
  const Tensor s = conditions(8), z = flow->draw_latent(4, Stream::test, 0, 8, 0);
  constexpr double h = 1e-5;
  std::vector<Tensor> columns;
  for (int k = 0; k < n; ++k) {
    Tensor up = z.clone(), down = z.clone();
    up.select(0, k).add_(h);
    down.select(0, k).sub_(h);
    columns.push_back((flow->sample(up, s).fine - flow->sample(down, s).fine) / (2.0 * h));
  }
  const Tensor log_det = std::get<1>(at::linalg_slogdet(at::stack(columns, 1).permute({2, 0, 1}).contiguous()));
  Tensor base = at::zeros({8}, at::kDouble);
  for (int k = 0; k < n; ++k)
    base = base + (GetParam().fine[k].kind == Kind::circular ? at::full({8}, -std::log(2 * kPi), at::kDouble)
                                                             : -0.5 * z.select(0, k).square() - 0.5 * std::log(2 * kPi));
  EXPECT_LT(largest(flow->sample(z, s).log_q - (base - log_det)), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Layers, Flow, testing::ValuesIn(cases()), [](const auto &info) { return info.param.name; });

TEST(ConditionalFlow, DensityIntegratesToOneInOneDimension)
{
  const int n = 20001;
  for (const auto &layers : std::vector<std::vector<std::string>>{{"affine"}, {"spline"}, {"spline", "affine"}}) {
    const auto flow = make({"", layers, line()});
    const Tensor s = conditions(1).expand({2, n});
    const Tensor t = at::linspace(-40, 40, n, at::kDouble).view({1, n});
    EXPECT_NEAR(at::exp(flow->log_prob(t, s)).sum().item<double>() * 80.0 / (n - 1), 1.0, 1e-4);
  }
}

TEST(ConditionalFlow, DensityIntegratesToOneOnLineTimesCircle)
{
  const int n = 401, m = 180;
  const std::vector<FineCoordinate> fine{{"t", Kind::unbounded, 0, 0}, {"chi", Kind::circular, -180, 180}};
  for (const auto &layers : std::vector<std::vector<std::string>>{{"spline", "affine"},
                                                                  {"rotor", "affine_coupling", "affine"},
                                                                  {"spline_coupling", "spline_coupling", "shift", "affine"},
                                                                  {"affine_coupling", "affine_coupling"}}) {
    const auto flow = make({"", layers, fine}, 0.15);
    const Tensor t = at::linspace(-20, 20, n, at::kDouble).view({n, 1}).expand({n, m}).reshape({1, -1});
    const Tensor chi = (-180.0 + 2.0 * at::arange(m, at::kDouble)).view({1, m}).expand({n, m}).reshape({1, -1});
    const Tensor q = at::exp(flow->log_prob(at::cat({t, chi}, 0), conditions(1).expand({2, n * m})));
    EXPECT_NEAR(q.sum().item<double>() * 2.0 * 40.0 / (n - 1), 1.0, 2e-3) << layers[0];
  }
}

// The covariance of many samples of an affine layer is the inverse curvature of its density.
TEST(ConditionalFlow, AffineIsAGaussianGivenS)
{
  const auto flow = make({"", {"affine"}, lines(2)});
  const Tensor s = conditions(1);
  const int n = 40000;
  const Tensor x = flow->sample(flow->draw_latent(1, Stream::test, 0, n, 0), s.expand({2, n})).fine;
  const Tensor mean = x.mean(1, true), centered = x - mean;
  const Tensor covariance = at::matmul(centered, centered.t()) / n;
  FlowPass pass(*flow);
  Tensor hessian = at::empty({2, 2}, at::kDouble);
  for (int k = 0; k < 2; ++k)
    hessian[k] =
        finite_difference(
            [&](const Tensor &t) {
              auto density = pass.log_prob(t, s);
              return density.pull_back(at::ones({1}, at::kDouble), at::empty_like(flow->all()))[k][0].item<double>();
            },
            mean, 1e-3)
            .squeeze(1);
  EXPECT_LT(largest(at::matmul(-hessian, covariance) - at::eye(2, at::kDouble)), 0.05);
}

// Layers without coordinates to act on are left out, so that one list of layers serves all systems.
TEST(ConditionalFlow, LayersWithoutCoordinatesChangeNothing)
{
  const std::vector<FineCoordinate> circles{{"a", Kind::circular, -180, 180}, {"b", Kind::circular, 0, 120}};
  const auto log_q = [](const std::vector<std::string> &layers, const std::vector<FineCoordinate> &fine) {
    const auto flow = make({"", layers, fine});
    return flow->sample(flow->draw_latent(2, Stream::test, 0, 9, 0), conditions(9)).log_q;
  };
  EXPECT_TRUE(at::equal(log_q({"rotor", "shift", "affine"}, lines(3)), log_q({"affine"}, lines(3))));
  EXPECT_TRUE(at::equal(log_q({"rotor", "affine_coupling", "affine"}, circles), log_q({"rotor"}, circles)));
}

TEST(ConditionalFlow, RotorMovesCirclesAloneAndAffineCouplingsTheRest)
{
  const Tensor s = conditions(50);
  const std::vector<std::int64_t> circles{1, 4}, rest{0, 2, 3, 5};
  const auto moved = [&](const std::vector<std::string> &layers) {
    const auto flow = make({"", layers, molecule(), molecular(false)});
    const Tensor z = flow->draw_latent(2, Stream::test, 0, 50, 0);
    const auto identity = make({"", layers, molecule(), molecular(false)}, 0.0);
    return (flow->sample(z, s).fine - identity->sample(z, s).fine).abs().amax(1);
  };
  const Tensor rotor = moved({"rotor"}), coupling = moved({"affine_coupling", "affine_coupling"});
  for (const auto i : circles) {
    EXPECT_GT(rotor[i].item<double>(), 0.01);
    EXPECT_EQ(coupling[i].item<double>(), 0.0);
  }
  for (const auto i : rest) {
    EXPECT_EQ(rotor[i].item<double>(), 0.0);
    EXPECT_GT(coupling[i].item<double>(), 0.01);
  }
}

// Networks see a rotor by cosine and sine: ln q of the other coordinates depends on it and is periodic.
TEST(ConditionalFlow, UnboundedCoordinatesSeeTheRotors)
{
  for (const std::string layer : {"affine", "affine_coupling"}) {
    const auto flow = make({"", {"rotor", layer}, molecule()});
    const Tensor s = conditions(1).expand({2, 3});
    const Tensor fine = at::zeros({6, 3}, at::kDouble);
    fine.select(0, 1).copy_(at::tensor({-kPi / 3, kPi / 3, 0.4}, at::kDouble));
    const Tensor log_q = flow->log_prob(fine, s);
    EXPECT_NEAR(log_q[0].item<double>(), log_q[1].item<double>(), 1e-10);
    EXPECT_GT(std::abs(log_q[0].item<double>() - log_q[2].item<double>()), 1e-3);
  }
}

// A state makes a flow of another seed the same flow, although masks and shifts are no part of it.
TEST(ConditionalFlow, StateMovesToAFlowOfAnotherSeed)
{
  const FlowConfig config = molecular(true);
  const ConditionalFlow a(config, space(), molecule(), 1);
  ConditionalFlow b(config, space(), molecule(), 2);
  randomize(a.parameters(), 0.1);
  b.load(a.state());
  const Tensor s = conditions(9), z = a.draw_latent(2, Stream::test, 0, 9, 0);
  EXPECT_TRUE(at::equal(a.sample(z, s).fine, b.sample(z, s).fine));
}

TEST(ConditionalFlow, Float32NetworksAreCloseAndTheirParametersFloat64)
{
  for (const std::string network : {"dense", "residual"}) {
    FlowConfig config = molecular(network == "residual");
    config.hidden = {64};
    ConditionalFlow fine64(config, space(), molecule(), 7);
    config.precision = "float32";
    ConditionalFlow fine32(config, space(), molecule(), 7);
    randomize(fine64.parameters(), 0.2);
    randomize(fine32.parameters(), 0.2);
    const Tensor s = conditions(100), z = fine64.draw_latent(2, Stream::test, 0, 100, 0);
    const auto a = fine64.sample(z, s), b = fine32.sample(z, s);
    EXPECT_EQ(b.fine.scalar_type(), at::kDouble);
    const double error = largest(a.fine - b.fine);
    EXPECT_LT(error, 1e-4);
    EXPECT_GT(error, 1e-12);    // otherwise nothing ran in float32
    EXPECT_LT(largest(a.log_q - b.log_q), 1e-3);
    // The density of the float32 flow is that of its own samples, up to float32 rounding of inputs that differ in their last bits.
    EXPECT_LT(largest(fine32.log_prob(b.fine, s) - b.log_q), 1e-4);
    FlowPass pass64(fine64), pass32(fine32);
    auto sample64 = pass64.sample(z, s), sample32 = pass32.sample(z, s);
    const Tensor none = at::zeros_like(a.fine), one = at::ones({100}, at::kDouble);
    const Tensor g = at::empty_like(fine64.computed()), h = at::empty_like(fine32.computed());
    sample64.pull_back(none, one, g);
    sample32.pull_back(none, one, h);
    std::int64_t first = 0;
    for (const auto &p : fine64.parameters()) {
      const Tensor part = g.narrow(0, first, p.value.numel());
      EXPECT_LT(largest(part - h.narrow(0, first, p.value.numel())), 1e-3 * (1.0 + largest(part))) << p.name;
      first += p.value.numel();
    }
  }
}

// The float32 copy of the parameters follows each kind of change.
TEST(ConditionalFlow, Float32NetworksFollowTheirParameters)
{
  FlowConfig config = molecular(false);
  config.precision = "float32";
  ConditionalFlow flow(config, space(), molecule(), 7), other(config, space(), molecule(), 8);
  const Tensor s = conditions(10), z = flow.draw_latent(2, Stream::test, 0, 10, 0);
  Tensor before = flow.sample(z, s).fine;
  const auto changes = [&] {
    const Tensor now = flow.sample(z, s).fine;
    const bool changed = largest(now - before) > 1e-6;
    before = now;
    return changed;
  };
  EXPECT_FALSE(changes());
  Adam exact(flow.all(), flow.all());
  exact.step(at::ones_like(flow.all()), 0.01);
  EXPECT_TRUE(changes());
  Adam adam(flow.all(), flow.computed());
  adam.step(at::ones_like(flow.computed()), 0.01);
  EXPECT_TRUE(changes());
  adam.step(at::ones_like(flow.computed()), 0.01);
  flow.computed_is_current();
  EXPECT_TRUE(changes());
  randomize(flow.parameters(), 0.2);
  EXPECT_TRUE(changes());
  flow.load(other.state());
  EXPECT_TRUE(changes());
}

TEST(ConditionalFlow, ResidualNetworkStartsWithoutItsBlocks)
{
  FlowConfig config = molecular(true);
  config.hidden = {32, 32};
  const ConditionalFlow flow(config, space(), molecule(), 7);
  int blocks = 0;
  for (const auto &p : flow.parameters()) {
    const bool zero = p.name.find("block") != std::string::npos && p.name.ends_with(".1.weight");
    if (zero) EXPECT_EQ(largest(p.value), 0.0) << p.name;
    blocks += zero;
  }
  EXPECT_EQ(blocks, 2 * 12);
}

TEST(ConditionalFlow, LatentDependsOnTheNumberAlone)
{
  const auto flow = make({"", {"spline", "affine"}, mixed()});
  const Tensor all = flow->draw_latent(11, Stream::latent, 0, 10, 2);
  EXPECT_TRUE(at::equal(all.narrow(1, 4, 3), flow->draw_latent(11, Stream::latent, 4, 3, 2)));
  EXPECT_FALSE(at::equal(all, flow->draw_latent(11, Stream::latent, 0, 10, 3)));
  EXPECT_LE(largest(all.select(0, 1)), kPi);
}

TEST(ConditionalFlow, PeriodicConditionsAndCirclesClose)
{
  const auto flow = make({"", {"spline_coupling", "affine"}, mixed()});
  const Tensor fine = at::tensor({0.4, -180.0, 2.0, 0.0}, at::kDouble).view({4, 1});
  const Tensor same = at::tensor({0.4, 180.0, 2.0, 120.0}, at::kDouble).view({4, 1});
  const Tensor a = at::tensor({-180.0, 4.0}, at::kDouble).view({2, 1}),
               b = at::tensor({180.0, 4.0}, at::kDouble).view({2, 1});
  EXPECT_NEAR(flow->log_prob(fine, a).item<double>(), flow->log_prob(same, b).item<double>(), 1e-11);
}

TEST(ConditionalFlow, SamplesStayInTheirRanges)
{
  const auto flow = make({"", {"spline", "affine"}, mixed()}, 1.0);
  const Tensor x = flow->sample(flow->draw_latent(2, Stream::test, 0, 500, 0), conditions(500)).fine;
  EXPECT_LE(largest(x.select(0, 1)), 180.0 + 1e-9);
  EXPECT_GE(x.select(0, 2).min().item<double>(), 1.0);
  EXPECT_LE(x.select(0, 2).max().item<double>(), 3.0);
  EXPECT_GE(x.select(0, 3).min().item<double>(), -1e-9);
  EXPECT_LE(x.select(0, 3).max().item<double>(), 120.0 + 1e-9);
}

TEST(ConditionalFlow, SameSeedSameBitsOtherSeedOthers)
{
  const FlowConfig config;
  const ConditionalFlow a(config, space(), line(), 5), b(config, space(), line(), 5), c(config, space(), line(), 6);
  EXPECT_TRUE(at::equal(a.parameters()[0].value, b.parameters()[0].value));
  EXPECT_FALSE(at::equal(a.parameters()[0].value, c.parameters()[0].value));
}

TEST(ConditionalFlow, StateRoundTrips)
{
  const auto a = make({"", {"spline", "affine"}, mixed()});
  const auto b = make({"", {"spline", "affine"}, mixed()}, 0.1);
  b->load(a->state());
  const Tensor s = conditions(9), z = a->draw_latent(2, Stream::test, 0, 9, 0);
  EXPECT_TRUE(at::equal(a->sample(z, s).fine, b->sample(z, s).fine));
  EXPECT_TRUE(b->parameters()[0].value.is_alias_of(b->all()));
}

TEST(ConditionalFlow, LoadNamesWhatIsMissingOrMisshapen)
{
  const auto flow = make({"", {"affine"}, line()});
  NamedTensors state = flow->state();
  const auto text = [&](const NamedTensors &s) {
    try {
      flow->load(s);
    } catch (const ModelError &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(text({state.begin() + 1, state.end()}), HasSubstr("'layer0.affine.0.weight' is missing"));
  state.back().value = at::ones({3}, at::kDouble);
  EXPECT_THAT(text(state), HasSubstr("'mixing' has the shape [3], expected [1, 1]"));
}

TEST(ConditionalFlow, StandardizesFromFrames)
{
  FlowConfig config;
  ConditionalFlow flow(config, space(), mixed(), 1);
  const Tensor u = at::cat({normals({1, 5000}, 1, 2.0) + 7.0, uniforms({1, 5000}, 2, -180, 180),
                            1.0 + 2.0 * at::sigmoid(normals({1, 5000}, 3, 0.5)), uniforms({1, 5000}, 4, 0, 120)},
                           0);
  flow.standardize(u);
  const Tensor scale = flow.standardized_gradient(at::ones({4, 1}, at::kDouble)).squeeze(1);
  EXPECT_NEAR(scale[0].item<double>(), 2.0, 0.1);
  EXPECT_NEAR(scale[1].item<double>(), 180 / kPi, 1e-12);
  EXPECT_NEAR(scale[2].item<double>(), 0.5 * 2.0 * 0.25, 0.02);
  EXPECT_THROW(flow.standardize(u.narrow(1, 0, 1)), ModelError);
  EXPECT_THROW(flow.standardize(at::ones({4, 5}, at::kDouble)), ModelError);
  EXPECT_THROW(flow.set_standardization(at::zeros({4}, at::kDouble), at::zeros({4}, at::kDouble)), ModelError);
  EXPECT_THROW(flow.set_standardization(at::zeros({3}, at::kDouble), at::ones({4}, at::kDouble)), ShapeError);
}

TEST(ConditionalFlow, RefusesBadOptionsByName)
{
  const auto text = [](const FlowConfig &config, const std::vector<FineCoordinate> &fine) {
    try {
      ConditionalFlow(config, space(), fine, 1);
    } catch (const ConfigError &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  FlowConfig c;
  c.layers = {"realnvp"};
  EXPECT_THAT(text(c, line()), HasSubstr("flow: layers: got the unknown layer 'realnvp'"));
  c.layers = {};
  EXPECT_THAT(text(c, line()), HasSubstr("flow: layers: got []"));
  c.layers = {"affine"};
  EXPECT_THAT(text(c, {{"chi", Kind::circular, -180, 180}}),
              HasSubstr("flow: layers: got [affine], none of which can be trained for the fine coordinates, which are all "
                        "circular; expected also spline"));
  EXPECT_THAT(text(c, {{"chi", Kind::bounded, 2, 2}}), HasSubstr("fine 'chi': got the range"));
  EXPECT_THAT(text(c, {}), HasSubstr("got no fine coordinate"));
  const ConditionalFlow flow({}, space(), line(), 1);
  EXPECT_THROW(flow.log_prob(at::zeros({2, 3}, at::kDouble), conditions(3)), ShapeError);
  EXPECT_THROW(flow.sample(at::zeros({1, 2}, at::kDouble), conditions(3)), ShapeError);
  EXPECT_THROW(flow.log_prob(at::zeros({1, 3}, at::kDouble), at::zeros({1, 3}, at::kDouble)), ShapeError);
}
