// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/rq_splines.h"

#include "numeric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

using namespace cgflow;
using namespace cgflow_test;

namespace {
struct SplineShape {
  int bins;
  double half_width;
  bool circular;
  int n_parameters() const { return circular ? 3 * bins : 3 * bins - 1; }    // without the turn
};
const SplineShape kLine{8, 5.0, false}, kCircle{8, std::numbers::pi, true};

struct SplineResult {
  Tensor y, log_det;    // [batch, 1]
};

// Of one coordinate without a turn; x [batch, 1], raw [batch, 1, n_parameters()].
struct Spline {
  Spline(const SplineShape &shape, const Tensor &raw_in)
  {
    s.bins = shape.bins;
    s.half_width = shape.half_width;
    s.circular = shape.circular;
    s.n = 1;
    s.rows = &row;
    raw = raw_in.squeeze(1).t().contiguous();
    if (shape.circular) raw = at::cat({at::zeros({1, raw.size(1)}, raw.options()), raw});
  }
  SplineResult map(kernels::Direction direction, const Tensor &x) const
  {
    SplineResult r{at::empty(x.sizes(), at::kDouble), at::zeros({x.size(0), 1}, at::kDouble)};
    const Tensor values = x.contiguous();
    kernels::map_rq_splines(s, direction, x.size(0), values.data_ptr<double>(), raw.data_ptr<double>(),
                            r.y.data_ptr<double>(), r.log_det.data_ptr<double>());
    return r;
  }
  // Derivatives by x and by the raw parameters (without the turn) of a function with gy and g_log_det, [batch, 1] each.
  std::pair<Tensor, Tensor> pull_back(kernels::Direction direction, const Tensor &x, const Tensor &gy,
                                      const Tensor &g_log_det) const
  {
    Tensor gx = at::empty(x.sizes(), at::kDouble), g_raw = at::empty_like(raw);
    const Tensor values = x.contiguous();
    kernels::pull_back_rq_splines(s, direction, x.size(0), values.data_ptr<double>(), raw.data_ptr<double>(),
                                  gy.data_ptr<double>(), g_log_det.data_ptr<double>(), gx.data_ptr<double>(),
                                  g_raw.data_ptr<double>());
    if (s.circular) g_raw = g_raw.slice(0, 1);
    return {gx, g_raw.t().unsqueeze(1)};
  }

  static constexpr std::int64_t row = 0;
  kernels::RqSplines s;
  Tensor raw;
};

SplineResult rq_spline(kernels::Direction direction, const Tensor &x, const Tensor &raw, const SplineShape &shape)
{
  return Spline(shape, raw).map(direction, x);
}

SplineResult rq_spline_forward(const Tensor &x, const Tensor &raw, const SplineShape &shape)
{
  return rq_spline(kernels::Direction::forward, x, raw, shape);
}

SplineResult rq_spline_inverse(const Tensor &y, const Tensor &raw, const SplineShape &shape)
{
  return rq_spline(kernels::Direction::inverse, y, raw, shape);
}

// The difference of two values; on the circle both of its ends are one point.
Tensor difference(const Tensor &a, const Tensor &b, const SplineShape &shape)
{
  const double turn = 2.0 * shape.half_width;
  return shape.circular ? (a - b) - turn * at::round((a - b) / turn) : a - b;
}

Tensor grid(double lo, double hi, int n) { return at::linspace(lo, hi, n, at::kDouble).view({n, 1}); }

Tensor parameters(const SplineShape &shape, std::int64_t n, std::uint64_t number, double scale)
{
  return normals({1, 1, shape.n_parameters()}, number, scale).expand({n, 1, shape.n_parameters()});
}
}    // namespace

TEST(RqSpline, AgreesWithDistrax)
{
  std::ifstream file(CGFLOW_SOURCE_DIR "/tests/oracle/rq_spline.csv");
  std::string line;
  int rows = 0;
  while (std::getline(file, line)) {
    if (line[0] == '#') continue;
    std::vector<double> v;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) v.push_back(std::stod(cell));
    const SplineShape shape{6, v[1], v[0] != 0.0};
    ASSERT_EQ(v.size(), 6u + shape.n_parameters());
    const Tensor x = at::full({1, 1}, v[3], at::kDouble);
    const Tensor raw = at::tensor(std::vector<double>(v.begin() + 6, v.end()), at::kDouble).view({1, 1, -1});
    const SplineResult r = v[2] != 0.0 ? rq_spline_inverse(x, raw, shape) : rq_spline_forward(x, raw, shape);
    EXPECT_NEAR(r.y.item<double>(), v[4], 1e-10) << line;
    EXPECT_NEAR(r.log_det.item<double>(), v[5], 1e-10 * (1.0 + std::abs(v[5]))) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 144);
}

TEST(RqSpline, ZeroParametersAreTheIdentity)
{
  for (const auto &shape : {kLine, kCircle}) {
    const Tensor x = grid(-shape.half_width, shape.half_width, 101);
    const SplineResult r = rq_spline_forward(x, at::zeros({101, 1, shape.n_parameters()}, at::kDouble), shape);
    EXPECT_LT(largest(difference(r.y, x, shape)), 1e-12);
    EXPECT_LT(largest(r.log_det), 1e-12);
  }
}

TEST(RqSpline, InverseUndoesForwardInBinsAndTails)
{
  for (const auto &shape : {kLine, kCircle})
    for (int k = 0; k < 20; ++k) {
      const double reach = shape.circular ? shape.half_width : 8.0;
      const Tensor x = grid(-reach, reach, 1601), raw = parameters(shape, 1601, k, 0.2 + 0.1 * k);
      const SplineResult there = rq_spline_forward(x, raw, shape), back = rq_spline_inverse(there.y, raw, shape);
      // A slope near the minimum 1e-3 loses three digits on the way back.
      EXPECT_LT(largest(difference(back.y, x, shape)), 1e-10) << k;
      EXPECT_LT(largest(back.log_det + there.log_det), 1e-8) << k;
    }
}

TEST(RqSpline, IsExactAtKnotsAndContinuousAcrossThem)
{
  const Tensor raw = parameters(kLine, 1, 3, 1.0);
  const auto knots = [&](int first) {
    const Tensor size = at::softmax(raw.narrow(-1, first, 8), -1) * (1.0 - 8e-3) + 1e-3;
    return -5.0 + 10.0 * at::cumsum(size, -1).flatten();
  };
  const Tensor kx = knots(0), ky = knots(8);
  for (int i = 0; i < 8; ++i) {
    const Tensor x = kx[i].view({1, 1});
    EXPECT_NEAR(rq_spline_forward(x, raw, kLine).y.item<double>(), ky[i].item<double>(), 1e-12);
    EXPECT_NEAR(rq_spline_inverse(ky[i].view({1, 1}), raw, kLine).y.item<double>(), kx[i].item<double>(), 1e-12);
    const SplineResult left = rq_spline_forward(x - 1e-9, raw, kLine), right = rq_spline_forward(x + 1e-9, raw, kLine);
    EXPECT_NEAR(left.y.item<double>(), right.y.item<double>(), 1e-7);
    EXPECT_NEAR(left.log_det.item<double>(), right.log_det.item<double>(), 1e-6);
  }
}

TEST(RqSpline, TailsAreTheIdentityAndPassNaN)
{
  const Tensor x = at::tensor({-1e300, -5.0000001, 5.0000001, 77.0, std::nan("")}, at::kDouble).view({5, 1});
  const SplineResult r = rq_spline_forward(x, parameters(kLine, 5, 1, 1.0), kLine);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(r.y[i].item<double>(), x[i].item<double>());
    EXPECT_EQ(r.log_det[i].item<double>(), 0.0);
  }
  EXPECT_TRUE(std::isnan(r.y[4].item<double>()));
}

TEST(RqSpline, CircularDerivativesMeetAtTheEnds)
{
  const SplineResult r =
      rq_spline_forward(grid(-kCircle.half_width, kCircle.half_width, 2), parameters(kCircle, 2, 5, 1.0), kCircle);
  EXPECT_NEAR(r.log_det[0].item<double>(), r.log_det[1].item<double>(), 1e-12);
  EXPECT_LT(largest(difference(r.y, grid(-kCircle.half_width, kCircle.half_width, 2), kCircle)), 1e-12);
}

TEST(RqSpline, LogDetIsTheDerivative)
{
  for (const auto direction : {kernels::Direction::forward, kernels::Direction::inverse})
    for (const auto &shape : {kLine, kCircle}) {
      const Spline spline(shape, parameters(shape, 41, 9, 0.7));
      const Tensor x = uniforms({41, 1}, 2, -3.1, 3.1);
      const SplineResult r = spline.map(direction, x);
      const Tensor slope = spline.pull_back(direction, x, at::ones_like(x), at::zeros_like(x)).first;
      EXPECT_LT(largest(r.log_det - at::log(slope)), 1e-11);
    }
}

TEST(RqSpline, DerivativesAgreeWithFiniteDifferences)
{
  for (const auto direction : {kernels::Direction::forward, kernels::Direction::inverse})
    for (const auto &shape : {kLine, kCircle}) {
      const Tensor gy = at::arange(1, 7, at::kDouble).view({6, 1}), g_log_det = at::full({6, 1}, 0.3, at::kDouble);
      const auto value = [&](const Tensor &x, const Tensor &raw) {
        const SplineResult r = rq_spline(direction, x, raw, shape);
        return (r.y * gy + r.log_det * g_log_det).sum();
      };
      const Tensor x =
          at::tensor({-2.9, -1.3, 0.2, 0.9, 2.2, 6.5}, at::kDouble).view({6, 1}).clamp(-8.0, shape.circular ? 3.0 : 8.0);
      const Tensor raw = normals({6, 1, shape.n_parameters()}, 4, 0.8);
      const auto [gx, g_raw] = Spline(shape, raw).pull_back(direction, x, gy, g_log_det);
      const Tensor fx = finite_difference([&](const Tensor &t) { return value(t, raw).item<double>(); }, x);
      const Tensor fp = finite_difference([&](const Tensor &t) { return value(x, t).item<double>(); }, raw);
      EXPECT_LT(largest(gx - fx), 1e-7);
      EXPECT_LT(largest(g_raw - fp), 1e-7);
    }
}

TEST(RqSpline, TakesEmptyBatches)
{
  const SplineResult r = rq_spline_forward(at::zeros({0, 1}, at::kDouble), at::zeros({0, 1, 23}, at::kDouble), kLine);
  EXPECT_EQ(r.y.size(0), 0);
}
