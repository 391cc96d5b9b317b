// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/affine_map.h"

#include "dual.h"

#include "cgflow/random.h"
#include "reference/affine_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace cgflow;
using namespace cgflow::kernels;
using cgflow_test::Dual;

namespace {

struct Case {
  std::string name;
  int n;
  bool mixes;
};

// Every second row of x, in descending order: n rows of 2 n.
struct Data {
  AffineMap map;
  std::vector<std::int64_t> rows;
  std::int64_t batch;
  std::vector<double> x, raw, gy, gl;
};

Data make(const Case &c, std::int64_t batch)
{
  Data d{{}, {}, batch, {}, {}, {}, {}};
  for (int i = 0; i < c.n; ++i) d.rows.push_back(2 * (c.n - 1 - i) + 1);
  d.map.n = c.n;
  d.map.rows = d.rows.data();
  d.map.limit = c.mixes ? 6.0 : 3.0;
  d.map.step = c.mixes ? 1 : 2;
  d.map.scale = c.mixes ? c.n : 1;
  d.map.mixes = c.mixes;
  d.map.lower = 2 * c.n;
  RandomStream random(12, Stream::test, batch + 1000 * c.n);
  const auto fill = [&](std::vector<double> &v, std::int64_t n, double scale) {
    for (std::int64_t i = 0; i < n; ++i) v.push_back(scale * random.normal());
  };
  fill(d.x, 2 * c.n * batch, 1.0);
  fill(d.gy, 2 * c.n * batch, 1.0);
  fill(d.gl, batch, 1.0);
  fill(d.raw, d.map.n_parameters() * batch, 0.3);
  // Scales at their limits, and values that would overflow without limits.
  d.raw[d.map.scale * batch] = 1e4;
  d.raw[d.map.scale * batch + batch - 1] = -1e4;
  return d;
}

std::vector<double> values(const Data &d, std::int64_t member)
{
  std::vector<double> x;
  for (const std::int64_t row : d.rows) x.push_back(d.x[row * d.batch + member]);
  return x;
}

std::vector<double> raw_of(const Data &d, std::int64_t member)
{
  std::vector<double> raw;
  for (std::int64_t k = 0; k < d.map.n_parameters(); ++k) raw.push_back(d.raw[k * d.batch + member]);
  return raw;
}

class Maps : public testing::TestWithParam<Case> {};

}    // namespace

TEST_P(Maps, AgreeWithPlainLoops)
{
  for (const std::int64_t batch : {1, 15, 16, 17, 64})
    for (const auto direction : {Direction::forward, Direction::inverse}) {
      const Data d = make(GetParam(), batch);
      std::vector<double> y(d.x.size(), 77.0), log_det(batch, 0.5);
      map_affine(d.map, direction, batch, d.x.data(), d.raw.data(), y.data(), log_det.data());
      for (std::int64_t b = 0; b < batch; ++b) {
        const auto r = reference::affine_map(d.map, direction, values(d, b), raw_of(d, b));
        for (int i = 0; i < d.map.n; ++i) {
          EXPECT_NEAR(y[d.rows[i] * batch + b], r.y[i], 1e-12 * (1.0 + std::abs(r.y[i])));
          EXPECT_EQ(y[(d.rows[i] - 1) * batch + b], 77.0);
        }
        EXPECT_NEAR(log_det[b], 0.5 + r.log_det, 1e-12 * (1.0 + std::abs(r.log_det)));
      }
    }
}

TEST_P(Maps, DerivativesAgreeWithPlainLoops)
{
  for (const std::int64_t batch : {1, 19})
    for (const auto direction : {Direction::forward, Direction::inverse}) {
      const Data d = make(GetParam(), batch);
      std::vector<double> y(d.x.size()), log_det(batch), gx(d.x.size(), 77.0), alone(d.x.size(), 77.0), graw(d.raw.size());
      map_affine(d.map, direction, batch, d.x.data(), d.raw.data(), y.data(), log_det.data());
      pull_back_affine(d.map, direction, batch, d.x.data(), y.data(), d.raw.data(), d.gy.data(), d.gl.data(), gx.data(),
                       graw.data());
      pull_back_affine<double>(d.map, direction, batch, d.x.data(), y.data(), d.raw.data(), d.gy.data(), d.gl.data(),
                               alone.data(), nullptr);
      EXPECT_EQ(gx, alone);
      for (std::int64_t b = 0; b < batch; ++b) {
        const std::vector<double> x = values(d, b), raw = raw_of(d, b);
        const auto derivative = [&](int of_x, int of_raw) {
          std::vector<Dual> dual_x(x.begin(), x.end()), dual_raw(raw.begin(), raw.end());
          (of_x >= 0 ? dual_x[of_x] : dual_raw[of_raw]).d = 1.0;
          const auto r = reference::affine_map(d.map, direction, dual_x, dual_raw);
          double sum = d.gl[b] * r.log_det.d;
          for (int i = 0; i < d.map.n; ++i) sum += d.gy[d.rows[i] * batch + b] * r.y[i].d;
          return sum;
        };
        // With scales of e^6 large terms cancel.
        for (int i = 0; i < d.map.n; ++i) {
          const double expected = derivative(i, -1);
          EXPECT_NEAR(gx[d.rows[i] * batch + b], expected, 1e-11 * (1.0 + std::abs(expected)));
        }
        for (int k = 0; k < d.map.n_parameters(); ++k) {
          const double expected = derivative(-1, k);
          EXPECT_NEAR(graw[k * batch + b], expected, 1e-11 * (1.0 + std::abs(expected))) << k;
        }
      }
    }
}

TEST_P(Maps, RawParametersMayBeFloat)
{
  for (const auto direction : {Direction::forward, Direction::inverse}) {
    Data d = make(GetParam(), 20);
    const std::vector<float> raw(d.raw.begin(), d.raw.end());
    for (std::size_t i = 0; i < raw.size(); ++i) d.raw[i] = raw[i];
    std::vector<double> y(d.x.size()), y_float(y), l(20), l_float(20), g(y), g_float(y), graw(raw.size());
    std::vector<float> graw_float(raw.size());
    map_affine(d.map, direction, 20, d.x.data(), d.raw.data(), y.data(), l.data());
    map_affine(d.map, direction, 20, d.x.data(), raw.data(), y_float.data(), l_float.data());
    pull_back_affine(d.map, direction, 20, d.x.data(), y.data(), d.raw.data(), d.gy.data(), d.gl.data(), g.data(),
                     graw.data());
    pull_back_affine(d.map, direction, 20, d.x.data(), y.data(), raw.data(), d.gy.data(), d.gl.data(), g_float.data(),
                     graw_float.data());
    EXPECT_EQ(y, y_float);
    EXPECT_EQ(l, l_float);
    EXPECT_EQ(g, g_float);
    EXPECT_EQ(std::vector<float>(graw.begin(), graw.end()), graw_float);
  }
}

TEST_P(Maps, OneNaNLeavesTheOthersAlone)
{
  Data d = make(GetParam(), 16);
  std::vector<double> y(d.x.size()), l(16), y_nan(y), l_nan(16);
  map_affine(d.map, Direction::inverse, 16, d.x.data(), d.raw.data(), y.data(), l.data());
  d.x[d.rows[0] * 16 + 5] = std::numeric_limits<double>::quiet_NaN();
  map_affine(d.map, Direction::inverse, 16, d.x.data(), d.raw.data(), y_nan.data(), l_nan.data());
  EXPECT_TRUE(std::isnan(y_nan[d.rows[0] * 16 + 5]));
  for (const std::int64_t row : d.rows)
    for (int b = 0; b < 16; ++b) {
      if (b == 5) continue;
      EXPECT_EQ(y_nan[row * 16 + b], y[row * 16 + b]);
    }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Maps,
                         testing::Values(Case{"triangle", 7, true}, Case{"single", 1, true}, Case{"diagonal", 5, false}),
                         [](const auto &info) { return info.param.name; });
