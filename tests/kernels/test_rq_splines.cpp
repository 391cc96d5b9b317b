// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/rq_splines.h"

#include "dual.h"

#include "cgflow/random.h"
#include "reference/rq_spline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

using namespace cgflow;
using namespace cgflow::kernels;
using cgflow_test::Dual;

namespace {

constexpr double kPi = std::numbers::pi;

struct Case {
  std::string name;
  int bins;
  bool circular;
  double limit, gain, spread;    // of the raw parameters
};

RqSplines splines(const Case &c)
{
  static const std::int64_t rows[] = {3, 0, 1};
  RqSplines s;
  s.bins = c.bins;
  s.circular = c.circular;
  s.half_width = c.circular ? kPi : 5.0;
  s.limit = c.limit;
  s.gain = c.gain;
  s.n = 3;
  s.rows = rows;
  s.first = 2;
  return s;
}

// Arrays with additional rows on all sides, which hold a mark.
struct Data {
  std::int64_t batch, rows;
  std::vector<double> x, raw, gy, gl;
};

Data make(const Case &c, std::int64_t batch)
{
  const RqSplines s = splines(c);
  RandomStream random(11, Stream::test, batch + 1000 * c.bins);
  Data d{batch, s.first + s.n * s.n_parameters() + 1, {}, {}, {}, {}};
  for (std::int64_t i = 0; i < 4 * batch; ++i) {
    d.x.push_back(c.circular ? kPi * (2 * random.uniform() - 1) : 3.0 * random.normal());
    d.gy.push_back(random.normal());
  }
  for (std::int64_t i = 0; i < d.rows * batch; ++i) d.raw.push_back(c.spread * random.normal());
  for (std::int64_t i = 0; i < batch; ++i) d.gl.push_back(random.normal());
  // The ends of bins, of the range and of the circle.
  const double edges[] = {0.0, -s.half_width, std::nextafter(s.half_width, 0.0), 1e-300};
  for (std::int64_t i = 0; i < std::min<std::int64_t>(batch, 4); ++i) d.x[i] = edges[i];
  return d;
}

std::vector<double> raw_of(const RqSplines &s, const Data &d, int coordinate, std::int64_t member)
{
  std::vector<double> raw;
  for (int k = 0; k < s.n_parameters(); ++k)
    raw.push_back(d.raw[(s.first + coordinate * s.n_parameters() + k) * d.batch + member]);
  return raw;
}

void expect_near(double got, double expected, const std::string &what)
{
  EXPECT_NEAR(got, expected, 1e-12 * (1.0 + std::abs(expected))) << what;
}

class Splines : public testing::TestWithParam<Case> {};

}    // namespace

TEST_P(Splines, AgreeWithPlainLoops)
{
  const RqSplines s = splines(GetParam());
  for (const std::int64_t batch : {1, 15, 16, 17, 64})
    for (const auto direction : {Direction::forward, Direction::inverse}) {
      const Data d = make(GetParam(), batch);
      std::vector<double> y(4 * batch, 77.0), log_det(batch, 0.5);
      map_rq_splines(s, direction, batch, d.x.data(), d.raw.data(), y.data(), log_det.data());
      for (std::int64_t b = 0; b < batch; ++b) {
        double sum = 0.5;
        for (int i = 0; i < s.n; ++i) {
          const auto r = reference::rq_spline(s, direction, d.x[s.rows[i] * batch + b], raw_of(s, d, i, b));
          expect_near(y[s.rows[i] * batch + b], r.y, "y of " + std::to_string(b));
          sum += r.log_det;
        }
        expect_near(log_det[b], sum, "log_det of " + std::to_string(b));
        EXPECT_EQ(y[2 * batch + b], 77.0);
      }
    }
}

TEST_P(Splines, DerivativesAgreeWithPlainLoops)
{
  const RqSplines s = splines(GetParam());
  for (const std::int64_t batch : {1, 19})
    for (const auto direction : {Direction::forward, Direction::inverse}) {
      const Data d = make(GetParam(), batch);
      std::vector<double> gx(4 * batch, 77.0), graw(d.rows * batch, 77.0), alone(4 * batch, 77.0);
      pull_back_rq_splines(s, direction, batch, d.x.data(), d.raw.data(), d.gy.data(), d.gl.data(), gx.data(), graw.data());
      pull_back_rq_splines<double>(s, direction, batch, d.x.data(), d.raw.data(), d.gy.data(), d.gl.data(), alone.data(),
                                   nullptr);
      EXPECT_EQ(gx, alone);
      for (std::int64_t b = 0; b < batch; ++b)
        for (int i = 0; i < s.n; ++i) {
          const std::int64_t at = s.rows[i] * batch + b;
          const std::vector<double> raw = raw_of(s, d, i, b);
          const auto derivative = [&](int k) {
            const std::vector<Dual> plain(raw.begin(), raw.end());
            std::vector<Dual> moved = plain;
            if (k >= 0) moved[k].d = 1.0;
            const auto r = reference::rq_spline(s, direction, Dual(d.x[at], k < 0 ? 1.0 : 0.0), moved);
            return d.gy[at] * r.y.d + d.gl[b] * r.log_det.d;
          };
          // Where terms of a derivative cancel, the rounding error is that of the terms.
          const double scale = 1.0 + std::abs(d.gy[at]) + std::abs(d.gl[b]);
          const std::string where = " of " + std::to_string(b) + ", " + std::to_string(i);
          EXPECT_NEAR(gx[at], derivative(-1), 1e-10 * scale * (1.0 + std::abs(derivative(-1)))) << "x" << where;
          for (int k = 0; k < s.n_parameters(); ++k)
            EXPECT_NEAR(graw[(s.first + i * s.n_parameters() + k) * batch + b], derivative(k),
                        1e-11 * scale * (1.0 + std::abs(derivative(-1))))
                << k << where;
        }
      for (std::int64_t b = 0; b < batch; ++b) {
        EXPECT_EQ(gx[2 * batch + b], 77.0);
        EXPECT_EQ(graw[batch + b], 77.0);
        EXPECT_EQ(graw[(d.rows - 1) * batch + b], 77.0);
      }
    }
}

TEST_P(Splines, RawParametersMayBeFloat)
{
  const RqSplines s = splines(GetParam());
  const std::int64_t batch = 20;
  Data d = make(GetParam(), batch);
  const std::vector<float> raw(d.raw.begin(), d.raw.end());
  for (std::size_t i = 0; i < raw.size(); ++i) d.raw[i] = raw[i];
  std::vector<double> y(4 * batch), y_float(4 * batch), l(batch), l_float(batch), g(4 * batch), g_float(4 * batch);
  std::vector<double> graw(raw.size());
  std::vector<float> graw_float(raw.size());
  map_rq_splines(s, Direction::forward, batch, d.x.data(), d.raw.data(), y.data(), l.data());
  map_rq_splines(s, Direction::forward, batch, d.x.data(), raw.data(), y_float.data(), l_float.data());
  pull_back_rq_splines(s, Direction::forward, batch, d.x.data(), d.raw.data(), d.gy.data(), d.gl.data(), g.data(),
                       graw.data());
  pull_back_rq_splines(s, Direction::forward, batch, d.x.data(), raw.data(), d.gy.data(), d.gl.data(), g_float.data(),
                       graw_float.data());
  EXPECT_EQ(y, y_float);
  EXPECT_EQ(l, l_float);
  EXPECT_EQ(g, g_float);
  EXPECT_EQ(std::vector<float>(graw.begin(), graw.end()), graw_float);
}

TEST_P(Splines, OneNaNLeavesTheOthersAlone)
{
  const RqSplines s = splines(GetParam());
  const std::int64_t batch = 16;
  Data d = make(GetParam(), batch);
  std::vector<double> y(4 * batch), log_det(batch), y_nan(4 * batch), log_nan(batch);
  map_rq_splines(s, Direction::inverse, batch, d.x.data(), d.raw.data(), y.data(), log_det.data());
  d.x[5] = std::numeric_limits<double>::quiet_NaN();
  map_rq_splines(s, Direction::inverse, batch, d.x.data(), d.raw.data(), y_nan.data(), log_nan.data());
  for (std::int64_t b = 0; b < batch; ++b) {
    EXPECT_EQ(std::isnan(y_nan[b]), b == 5);
    if (b == 5) continue;
    EXPECT_EQ(log_nan[b], log_det[b]);
    EXPECT_EQ(y_nan[b], y[b]);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Splines,
                         testing::Values(Case{"line", 8, false, 0.0, 1.0, 0.8}, Case{"circle", 8, true, 0.0, 1.0, 0.8},
                                         Case{"line_limited", 8, false, 3.0, 0.3, 4.0},
                                         Case{"circle_limited", 8, true, 3.0, 0.3, 4.0},
                                         Case{"two_bins", 2, false, 0.0, 1.0, 1.0},
                                         Case{"many_bins", 40, true, 3.0, 0.3, 2.0}),
                         [](const auto &info) { return info.param.name; });

TEST(RqSplines, LargeNumbersWithoutALimitStayFinite)
{
  const Case c{"line", 4, false, 0.0, 1.0, 0.0};
  const RqSplines s = splines(c);
  Data d = make(c, 3);
  for (std::size_t i = 0; i < d.raw.size(); ++i) d.raw[i] = i % 2 ? 900.0 : -900.0;
  std::vector<double> y(12), log_det(3), gx(12), graw(d.raw.size());
  map_rq_splines(s, Direction::forward, 3, d.x.data(), d.raw.data(), y.data(), log_det.data());
  pull_back_rq_splines(s, Direction::forward, 3, d.x.data(), d.raw.data(), d.gy.data(), d.gl.data(), gx.data(), graw.data());
  for (const double v : log_det) EXPECT_TRUE(std::isfinite(v));
  for (std::int64_t i = s.first * 3; i < (d.rows - 1) * 3; ++i) EXPECT_TRUE(std::isfinite(graw[i]));
}
