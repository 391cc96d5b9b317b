// SPDX-License-Identifier: GPL-2.0-only
#include "flow.h"

#include "numeric.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;
using Kind = FineCoordinate::Kind;

namespace {
constexpr double kPi = std::numbers::pi;

CgSpace space() { return CgSpace({{"phi", -180, 180, true}, {"d", 0, 10, false}}); }
std::vector<FineCoordinate> line() { return {{"t", Kind::unbounded, 0, 0}}; }
std::vector<FineCoordinate> lines(int n)
{
  std::vector<FineCoordinate> all;
  for (int i = 0; i < n; ++i) all.push_back({"t" + std::to_string(i), Kind::unbounded, 0, 0});
  return all;
}
std::vector<FineCoordinate> mixed()
{
  return {{"a", Kind::unbounded, 0, 0},
          {"chi", Kind::circular, -180, 180},
          {"b", Kind::bounded, 1, 3},
          {"rot", Kind::circular, 0, 120}};
}

struct Case {
  std::string name;
  std::vector<std::string> layers;
  std::vector<FineCoordinate> fine;
};

std::vector<Case> cases()
{
  return {{"affine", {"affine"}, line()},
          {"affine_3", {"affine"}, lines(3)},
          {"affine_mixed", {"affine"}, mixed()},
          {"spline", {"spline"}, line()},
          {"spline_mixed", {"spline"}, mixed()},
          {"default", FlowConfig{}.layers, line()},
          {"default_mixed", FlowConfig{}.layers, mixed()},
          {"affine_coupling", {"affine_coupling", "affine_coupling"}, lines(3)},
          {"affine_coupling_1", {"affine_coupling"}, line()},
          {"affine_coupling_mixed", {"affine_coupling", "affine_coupling"}, mixed()},
          {"spline_coupling", {"spline_coupling", "spline_coupling", "spline_coupling"}, lines(3)},
          {"spline_coupling_1", {"spline_coupling"}, line()},
          {"spline_coupling_mixed", {"spline_coupling", "spline_coupling"}, mixed()},
          {"all", {"spline", "spline_coupling", "affine_coupling", "spline_coupling", "affine"}, mixed()}};
}

// Far from the identity, with a standardisation of its own.
std::unique_ptr<ConditionalFlow> make(const Case &c, double scale = 0.25)
{
  FlowConfig config;
  config.layers = c.layers;
  config.hidden = {12};
  auto flow = std::make_unique<ConditionalFlow>(config, space(), c.fine, 7);
  randomise(flow->parameters(), scale);
  const int n = flow->n_fine();
  flow->set_standardisation(at::linspace(0.3, 0.8, n, at::kDouble), at::linspace(0.5, 0.9, n, at::kDouble));
  return flow;
}

Tensor conditions(std::int64_t n) { return at::cat({uniforms({n, 1}, 31, -180, 180), uniforms({n, 1}, 32, 0, 10)}, 1); }

class Flow : public testing::TestWithParam<Case> {};
}    // namespace

TEST_P(Flow, LogProbOfASampleIsItsLogQ)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(200), z = flow->draw_latent(3, Stream::test, 0, 200, 0);
  const auto sample = flow->sample(z, s);
  // z runs through inverse and forward: any error of the inverse would show in ln q.
  EXPECT_LT(largest(flow->log_prob(sample.fine, s) - sample.log_q), 1e-9);
}

TEST_P(Flow, StartsAsTheStandardisedBase)
{
  FlowConfig config;
  config.layers = GetParam().layers;
  const ConditionalFlow flow(config, space(), GetParam().fine, 7);
  const Tensor s = conditions(20), z = flow.draw_latent(3, Stream::test, 0, 20, 0);
  const auto sample = flow.sample(z, s);
  for (int k = 0; k < flow.n_fine(); ++k) {
    if (GetParam().fine[k].kind != Kind::unbounded) continue;
    EXPECT_LT(largest(sample.fine.select(1, k) - z.select(1, k)), 1e-12);
  }
}

// ln q = ln base(z) - ln |d fine / dz| with the Jacobian from autograd, row by row.
TEST_P(Flow, LogDetIsTheJacobian)
{
  const auto flow = make(GetParam());
  const int n = flow->n_fine();
  const Tensor s = conditions(8), z = flow->draw_latent(4, Stream::test, 0, 8, 0).requires_grad_(true);
  const auto sample = flow->sample(z, s);
  std::vector<Tensor> rows;
  for (int k = 0; k < n; ++k) rows.push_back(torch::autograd::grad({sample.fine.select(1, k).sum()}, {z}, {}, true)[0]);
  const Tensor log_det = std::get<1>(at::linalg_slogdet(at::stack(rows, 1)));
  Tensor base = at::zeros({8}, at::kDouble);
  for (int k = 0; k < n; ++k)
    base = base + (GetParam().fine[k].kind == Kind::circular ? at::full({8}, -std::log(2 * kPi), at::kDouble)
                                                             : -0.5 * z.select(1, k).square() - 0.5 * std::log(2 * kPi));
  EXPECT_LT(largest(sample.log_q - (base - log_det)), 1e-10);
}

TEST_P(Flow, DerivativesOfLogProbAgreeWithFiniteDifferences)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(4);
  const Tensor fine = flow->sample(flow->draw_latent(5, Stream::test, 0, 4, 0), s).fine.detach();
  const Tensor lf = fine.clone().requires_grad_(true), ls = s.clone().requires_grad_(true);
  std::vector<Tensor> by{lf, ls};
  for (const auto &p : flow->parameters()) by.push_back(p.value);
  const auto g = torch::autograd::grad({flow->log_prob(lf, ls).sum()}, by, {}, false, false, true);
  const auto value = [&](const Tensor &f, const Tensor &c) { return flow->log_prob(f, c).sum().item<double>(); };
  EXPECT_LT(largest(g[0] - finite_difference([&](const Tensor &t) { return value(t, s); }, fine, 1e-6)), 1e-5);
  EXPECT_LT(largest(g[1] - finite_difference([&](const Tensor &t) { return value(fine, t); }, s, 1e-5)), 1e-6);
  const NamedTensors p = flow->parameters();
  for (std::size_t i = 0; i < p.size(); ++i) {
    const Tensor old = p[i].value.detach().clone();
    const auto with = [&](const Tensor &t) {
      p[i].value.detach().copy_(t);
      return value(fine, s);
    };
    const Tensor numeric = finite_difference(with, old, 1e-6);
    p[i].value.detach().copy_(old);
    EXPECT_LT(largest(g[i + 2] - numeric), 2e-6 * (1.0 + largest(numeric))) << p[i].name;
  }
}

TEST_P(Flow, DerivativesOfSamplesAgreeWithFiniteDifferences)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(4), z = flow->draw_latent(6, Stream::test, 0, 4, 0);
  const Tensor weight = normals({4, flow->n_fine()}, 60);
  const NamedTensors p = flow->parameters();
  const auto value = [&] { return (flow->sample(z, s).fine * weight).sum(); };
  const auto &leaf = p[p.size() - 2].value;    // the last layer's output weights
  const Tensor g = torch::autograd::grad({value()}, {leaf})[0];
  const Tensor old = leaf.detach().clone();
  const Tensor numeric = finite_difference(
      [&](const Tensor &t) {
        leaf.detach().copy_(t);
        return value().item<double>();
      },
      old, 1e-6);
  leaf.detach().copy_(old);
  EXPECT_LT(largest(g - numeric), 2e-6 * (1.0 + largest(numeric)));
}

TEST_P(Flow, HeldParametersGetNoDerivative)
{
  const auto flow = make(GetParam());
  const Tensor s = conditions(3), z = flow->draw_latent(6, Stream::test, 0, 3, 0);
  EXPECT_FALSE(flow->sample(z, s, Parameters::held).fine.requires_grad());
  const auto sample = flow->sample(z, s);
  const Tensor leaf = sample.fine.detach().requires_grad_(true);
  const Tensor log_q = flow->log_prob(leaf, s, Parameters::held);
  EXPECT_TRUE(log_q.requires_grad());
  for (const auto &p : flow->parameters()) {
    const auto g = torch::autograd::grad({log_q.sum()}, {p.value}, {}, true, false, true);
    EXPECT_FALSE(g[0].defined()) << p.name;
  }
  EXPECT_LT(largest(log_q - flow->log_prob(leaf, s)), 1e-13);
}

INSTANTIATE_TEST_SUITE_P(Layers, Flow, testing::ValuesIn(cases()), [](const auto &info) { return info.param.name; });

TEST(ConditionalFlow, DensityIntegratesToOneInOneDimension)
{
  const int n = 20001;
  for (const auto &layers : std::vector<std::vector<std::string>>{{"affine"}, {"spline"}, {"spline", "affine"}}) {
    const auto flow = make({"", layers, line()});
    const Tensor s = conditions(1).expand({n, 2});
    const Tensor t = at::linspace(-40, 40, n, at::kDouble).view({n, 1});
    EXPECT_NEAR(at::exp(flow->log_prob(t, s)).sum().item<double>() * 80.0 / (n - 1), 1.0, 1e-4);
  }
}

TEST(ConditionalFlow, DensityIntegratesToOneOnLineTimesCircle)
{
  const int n = 801, m = 360;
  const std::vector<FineCoordinate> fine{{"t", Kind::unbounded, 0, 0}, {"chi", Kind::circular, -180, 180}};
  for (const auto &layers : std::vector<std::vector<std::string>>{
           {"spline", "affine"}, {"spline_coupling", "spline_coupling", "affine"}, {"affine_coupling", "affine_coupling"}}) {
    const auto flow = make({"", layers, fine}, 0.15);
    const Tensor t = at::linspace(-20, 20, n, at::kDouble).view({n, 1}).expand({n, m}).reshape({-1, 1});
    const Tensor chi = (-180.0 + at::arange(m, at::kDouble)).view({1, m}).expand({n, m}).reshape({-1, 1});
    const Tensor q = at::exp(flow->log_prob(at::cat({t, chi}, 1), conditions(1).expand({n * m, 2}), Parameters::held));
    EXPECT_NEAR(q.sum().item<double>() * 40.0 / (n - 1), 1.0, 2e-3) << layers[0];
  }
}

// Rows of the affine layer are a Gaussian: mean and covariance of many samples against the density's own curvature.
TEST(ConditionalFlow, AffineIsAGaussianGivenS)
{
  const auto flow = make({"", {"affine"}, lines(2)});
  const Tensor s = conditions(1);
  const int n = 40000;
  const Tensor x = flow->sample(flow->draw_latent(1, Stream::test, 0, n, 0), s.expand({n, 2}), Parameters::held).fine;
  const Tensor mean = x.mean(0, true), centred = x - mean;
  const Tensor covariance = at::matmul(centred.t(), centred) / n;
  const Tensor leaf = mean.clone().requires_grad_(true);
  Tensor hessian = at::empty({2, 2}, at::kDouble);
  for (int k = 0; k < 2; ++k)
    hessian[k] = finite_difference(
        [&](const Tensor &t) {
          const at::AutoGradMode on(true);
          const Tensor l = t.clone().requires_grad_(true);
          return torch::autograd::grad({flow->log_prob(l, s).sum()}, {l})[0][0][k].item<double>();
        },
        mean, 1e-3)[0];
  EXPECT_LT(largest(at::matmul(-hessian, covariance) - at::eye(2, at::kDouble)), 0.05);
}

TEST(ConditionalFlow, LatentDependsOnTheRowNumberAlone)
{
  const auto flow = make({"", {"spline", "affine"}, mixed()});
  const Tensor all = flow->draw_latent(11, Stream::latent, 0, 10, 2);
  EXPECT_TRUE(at::equal(all.narrow(0, 4, 3), flow->draw_latent(11, Stream::latent, 4, 3, 2)));
  EXPECT_FALSE(at::equal(all, flow->draw_latent(11, Stream::latent, 0, 10, 3)));
  EXPECT_LE(largest(all.select(1, 1)), kPi);
}

TEST(ConditionalFlow, PeriodicConditionsAndCirclesClose)
{
  const auto flow = make({"", {"spline_coupling", "affine"}, mixed()});
  const Tensor fine = at::tensor({0.4, -180.0, 2.0, 0.0}, at::kDouble).view({1, 4});
  const Tensor same = at::tensor({0.4, 180.0, 2.0, 120.0}, at::kDouble).view({1, 4});
  const Tensor a = at::tensor({-180.0, 4.0}, at::kDouble).view({1, 2}),
               b = at::tensor({180.0, 4.0}, at::kDouble).view({1, 2});
  EXPECT_NEAR(flow->log_prob(fine, a).item<double>(), flow->log_prob(same, b).item<double>(), 1e-11);
}

TEST(ConditionalFlow, SamplesStayInTheirRanges)
{
  const auto flow = make({"", {"spline", "affine"}, mixed()}, 1.0);
  const Tensor x = flow->sample(flow->draw_latent(2, Stream::test, 0, 500, 0), conditions(500), Parameters::held).fine;
  EXPECT_LE(largest(x.select(1, 1)), 180.0 + 1e-9);
  EXPECT_GE(x.select(1, 2).min().item<double>(), 1.0);
  EXPECT_LE(x.select(1, 2).max().item<double>(), 3.0);
  EXPECT_GE(x.select(1, 3).min().item<double>(), -1e-9);
  EXPECT_LE(x.select(1, 3).max().item<double>(), 120.0 + 1e-9);
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
  EXPECT_TRUE(b->parameters()[0].value.requires_grad());
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
  EXPECT_THAT(text(state), HasSubstr("'scale' has the shape [3], expected [1]"));
}

TEST(ConditionalFlow, StandardisesFromFrames)
{
  FlowConfig config;
  ConditionalFlow flow(config, space(), mixed(), 1);
  const Tensor u = at::cat({normals({5000, 1}, 1, 2.0) + 7.0, uniforms({5000, 1}, 2, -180, 180),
                            1.0 + 2.0 * at::sigmoid(normals({5000, 1}, 3, 0.5)), uniforms({5000, 1}, 4, 0, 120)},
                           1);
  flow.standardise(u);
  const Tensor scale = flow.scale();
  EXPECT_NEAR(scale[0].item<double>(), 2.0, 0.1);
  EXPECT_NEAR(scale[1].item<double>(), 180 / kPi, 1e-12);
  EXPECT_NEAR(scale[2].item<double>(), 0.5 * 2.0 * 0.25, 0.02);
  EXPECT_THROW(flow.standardise(u.narrow(0, 0, 1)), ModelError);
  EXPECT_THROW(flow.standardise(at::ones({5, 4}, at::kDouble)), ModelError);
  EXPECT_THROW(flow.set_standardisation(at::zeros({4}, at::kDouble), at::zeros({4}, at::kDouble)), ModelError);
  EXPECT_THROW(flow.set_standardisation(at::zeros({3}, at::kDouble), at::ones({4}, at::kDouble)), ShapeError);
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
  EXPECT_THAT(text(c, line()), HasSubstr("flow: layers: got 'realnvp', expected affine, spline, affine_coupling"));
  c.layers = {};
  EXPECT_THAT(text(c, line()), HasSubstr("flow: layers: got none"));
  c.layers = {"affine"};
  EXPECT_THAT(text(c, {{"chi", Kind::circular, -180, 180}}), HasSubstr("'affine' needs an unbounded fine coordinate"));
  EXPECT_THAT(text(c, {{"chi", Kind::bounded, 2, 2}}), HasSubstr("fine 'chi': got the range"));
  EXPECT_THAT(text(c, {}), HasSubstr("got no fine coordinate"));
  c = {};
  c.hidden = {0};
  EXPECT_THAT(text(c, line()), HasSubstr("flow: hidden: got 0"));
  c = {};
  c.bins = 1;
  EXPECT_THAT(text(c, line()), HasSubstr("flow: bins: got 1, expected 2 to 256"));
  c = {};
  c.tail = 0;
  EXPECT_THAT(text(c, line()), HasSubstr("flow: tail: got"));
  c = {};
  c.harmonics = -1;
  EXPECT_THAT(text(c, line()), HasSubstr("flow: harmonics: got -1"));
  const ConditionalFlow flow({}, space(), line(), 1);
  EXPECT_THROW(flow.log_prob(at::zeros({3, 2}, at::kDouble), conditions(3)), ShapeError);
  EXPECT_THROW(flow.sample(at::zeros({2, 1}, at::kDouble), conditions(3)), ShapeError);
  EXPECT_THROW(flow.log_prob(at::zeros({3, 1}, at::kDouble), at::zeros({3, 1}, at::kDouble)), ShapeError);
}
