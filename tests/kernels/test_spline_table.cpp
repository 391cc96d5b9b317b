// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/spline_table.h"

#include "cgflow/random.h"
#include "reference/spline_table.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

using namespace cgflow;
using namespace cgflow::kernels;

namespace {
constexpr double kInf = std::numeric_limits<double>::infinity();

SplineGrid grid(std::vector<int> points, std::vector<bool> periodic)
{
  SplineGrid g;
  g.dimension = static_cast<int>(points.size());
  for (int k = 0; k < g.dimension; ++k) {
    g.points[k] = points[k];
    g.periodic[k] = periodic[k];
    g.lo[k] = -1.5 + k;
    g.spacing[k] = 0.3 + 0.2 * k;
  }
  return g;
}

std::vector<double> random_values(std::size_t n, std::uint64_t stream, double lo = -1, double hi = 1)
{
  RandomStream random(5, Stream::test, stream);
  std::vector<double> v(n);
  for (double &x : v) x = lo + (hi - lo) * random.uniform();
  return v;
}

struct Result {
  std::vector<double> value, std, gradient;
};

template <class F> Result run(int d, const std::vector<double> &s, F &&f)
{
  const std::size_t n = s.size() / d;
  Result r{std::vector<double>(n, 7), std::vector<double>(n, 7), std::vector<double>(n * d, 7)};
  f(static_cast<int>(n), s.data(), r.value.data(), r.std.data(), r.gradient.data());
  return r;
}

void expect_same(const std::vector<double> &a, const std::vector<double> &b)
{
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isfinite(b[i])) {
      EXPECT_NEAR(a[i], b[i], 1e-12 * (1 + std::abs(b[i]))) << i;
    } else {
      EXPECT_TRUE(std::isnan(b[i]) ? std::isnan(a[i]) : a[i] == b[i]) << i << " " << a[i];
    }
  }
}

void compare(const SplineGrid &g, const std::vector<double> &value, const std::vector<double> &std,
             const std::vector<double> &s)
{
  const SplineTable table(g, value, std);
  const Result a = run(g.dimension, s, [&](auto... x) { table.evaluate(x...); });
  const Result b = run(g.dimension, s, [&](auto... x) { reference::spline_table(g, value, std, x...); });
  expect_same(a.value, b.value);
  expect_same(a.std, b.std);
  expect_same(a.gradient, b.gradient);
  // Without std and gradient the value is the same.
  std::vector<double> only(a.value.size());
  table.evaluate(static_cast<int>(only.size()), s.data(), only.data(), nullptr, nullptr);
  expect_same(only, b.value);
}

// Knots, both ends, points beyond the ends, just beside them, and several periods away.
std::vector<double> edge_values(const SplineGrid &g)
{
  std::vector<double> s;
  const double steps[] = {0, 1, 2.5, -1e-14, -0.3, 1e-14};
  for (const double a : steps)
    for (int end = 0; end < 3; ++end)
      for (int k = 0; k < g.dimension; ++k) {
        const double width = g.cells(k) * g.spacing[k];
        s.push_back(g.lo[k] + (end == 2 ? -3 : end) * width + a * g.spacing[k] * (k + 1));
      }
  return s;
}
}    // namespace

TEST(SplineTable, AgreesWithTheReferenceInAllDimensionsSizesAndEdges)
{
  const std::vector<std::vector<int>> sizes[] = {{{4}, {5}, {17}, {64}}, {{4, 5}, {7, 6}}, {{4, 5, 6}, {6, 4, 5}}};
  for (int d = 1; d <= 3; ++d)
    for (const auto &points : sizes[d - 1])
      for (int mask = 0; mask < (1 << d); ++mask) {
        std::vector<bool> periodic;
        for (int k = 0; k < d; ++k) periodic.push_back((mask >> k) & 1);
        const SplineGrid g = grid(points, periodic);
        const auto value = random_values(g.size(), 1), std = random_values(g.size(), 2, 0.5, 1);
        for (const int n : {0, 1, 3}) compare(g, value, std, random_values(n * d, 3));
        compare(g, value, std, random_values((d == 3 ? 21 : 201) * d, 4, -3, 9));
        compare(g, value, std, edge_values(g));
      }
}

TEST(SplineTable, AgreesWithTheReferenceOnALargeBatch)
{
  const SplineGrid g = grid({9}, {true});
  compare(g, random_values(9, 1), random_values(9, 2, 0, 1), random_values(20001, 3, -20, 20));
}

TEST(SplineTable, UnknownCornersMakeTheStdInfiniteAndNeverNaN)
{
  for (int mask = 0; mask < 4; ++mask) {
    const SplineGrid g = grid({6, 5}, {(mask & 1) != 0, (mask & 2) != 0});
    std::vector<double> std = random_values(g.size(), 2, 0.1, 1);
    std[0] = std[13] = std[29] = kInf;
    compare(g, random_values(g.size(), 1), std, random_values(600, 3, -3, 3));
    compare(g, random_values(g.size(), 1), std, edge_values(g));
    std.assign(g.size(), kInf);
    compare(g, random_values(g.size(), 1), std, random_values(20, 3));
  }
  // Point 2 is unknown. Points 1 and 3 keep their std, the cells between them do not.
  const SplineGrid line = grid({5}, {false});
  const SplineTable table(line, {0, 0, 0, 0, 0}, {1, 1, kInf, 1, 1});
  const double h = 0.3, s[] = {-1.5 + h, -1.5 + 1.01 * h, -1.5 + 2 * h, -1.5 + 2.9 * h, -1.5 + 3.5 * h};
  double f[5], e[5];
  table.evaluate(5, s, f, e, nullptr);
  EXPECT_NEAR(e[0], 1, 1e-12);
  EXPECT_EQ(e[1], kInf);
  EXPECT_EQ(e[2], kInf);
  EXPECT_EQ(e[3], kInf);
  EXPECT_NEAR(e[4], 1, 1e-12);
}

TEST(SplineTable, NaNAndInfinityInSGiveNaNAndAnInfiniteStd)
{
  const SplineGrid g = grid({6, 5}, {true, false});
  compare(g, random_values(30, 1), random_values(30, 2, 0.1, 1), {std::nan(""), 0.1, 0.1, std::nan(""), kInf, 0, 0, -kInf});
}

TEST(SplineTable, ReproducesItsKnots)
{
  const SplineGrid g = grid({7, 5, 6}, {true, false, true});
  const auto value = random_values(g.size(), 1), std = random_values(g.size(), 2, 0, 1);
  std::vector<double> s;
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 5; ++j)
      for (int k = 0; k < 6; ++k)
        for (const double x : {g.lo[0] + i * g.spacing[0], g.lo[1] + j * g.spacing[1], g.lo[2] + k * g.spacing[2]})
          s.push_back(x);
  const SplineTable table(g, value, std);
  const Result r = run(3, s, [&](auto... x) { table.evaluate(x...); });
  for (std::size_t i = 0; i < value.size(); ++i) {
    EXPECT_NEAR(r.value[i], value[i], 1e-12);
    EXPECT_NEAR(r.std[i], std[i], 1e-12) << i;    // the last point of a range is not outside
  }
}

TEST(SplineTable, CubicPolynomialsAreExactUpToTheEnds)
{
  // The second difference of four points is exact for cubics, so the whole spline is exact.
  const auto f = [](double x) { return 1 + x * (2 - x * (0.5 - 0.25 * x)); };
  SplineGrid g = grid({6}, {false});
  std::vector<double> value;
  for (int i = 0; i < 6; ++i) value.push_back(f(g.lo[0] + i * g.spacing[0]));
  const SplineTable table(g, value, std::vector<double>(6, 0.0));
  for (double x = -1.5; x <= 0.0; x += 0.01) {
    double y;
    table.evaluate(1, &x, &y, nullptr, nullptr);
    EXPECT_NEAR(y, f(x), 1e-13);
  }
}

TEST(SplineTable, GradientIsTheDerivative)
{
  for (int d = 1; d <= 3; ++d) {
    const SplineGrid g = grid(std::vector<int>(d, 8), {true, false, true});
    const SplineTable table(g, random_values(g.size(), 1), random_values(g.size(), 2, 0, 1));
    for (int i = 0; i < 20; ++i) {
      std::vector<double> s = random_values(d, 10 + i, 0.05, 0.5), gradient(d);
      double f;
      table.evaluate(1, s.data(), &f, nullptr, gradient.data());
      for (int k = 0; k < d; ++k) {
        const double h = 1e-5;
        std::vector<double> up = s, down = s;
        up[k] += h, down[k] -= h;
        double a, b;
        table.evaluate(1, up.data(), &a, nullptr, nullptr);
        table.evaluate(1, down.data(), &b, nullptr, nullptr);
        EXPECT_NEAR(gradient[k], (a - b) / (2 * h), 1e-7);
      }
    }
  }
}

TEST(SplineTable, ErrorFallsWithTheFourthPowerOfTheSpacing)
{
  for (const bool periodic : {true, false}) {
    const auto error = [&](int cells) {
      SplineGrid g;
      g.dimension = 2;
      g.points = {periodic ? cells : cells + 1, periodic ? cells : cells + 1, 1};
      g.periodic = {periodic, periodic, false};
      g.spacing = {2 * std::numbers::pi / cells, 2 * std::numbers::pi / cells, 1};
      const auto f = [](double x, double y) { return std::exp(std::cos(x - 0.3) + 0.5 * std::sin(y + x)); };
      std::vector<double> value;
      for (int i = 0; i < g.points[0]; ++i)
        for (int j = 0; j < g.points[1]; ++j) value.push_back(f(i * g.spacing[0], j * g.spacing[1]));
      const SplineTable table(g, value, std::vector<double>(value.size(), 0.0));
      double largest = 0;
      for (int i = 0; i < 4000; ++i) {
        const auto u = random_values(2, 100 + i, 0, 2 * std::numbers::pi);
        double y;
        table.evaluate(1, u.data(), &y, nullptr, nullptr);
        largest = std::max(largest, std::abs(y - f(u[0], u[1])));
      }
      return largest;
    };
    const double coarse = error(24), fine = error(48);
    EXPECT_GT(coarse / fine, 11.0);
    EXPECT_LT(fine, 1e-3);
  }
}

// A sweep of 200 walkers must take microseconds. The bound is wide, since the machine may be busy.
TEST(SplineTable, TwoHundredPointsCostMicroseconds)
{
  for (int d = 1; d <= 2; ++d) {
    const SplineGrid g = grid(std::vector<int>(d, 128), {true, false});
    const SplineTable table(g, random_values(g.size(), 1), random_values(g.size(), 2, 0, 1));
    const auto s = random_values(200 * d, 3, -1.5, 30);
    std::vector<double> f(200), e(200);
    double best = 1;
    for (int batch = 0; batch < 20; ++batch) {
      const auto start = std::chrono::steady_clock::now();
      for (int i = 0; i < 100; ++i) table.evaluate(200, s.data(), f.data(), e.data(), nullptr);
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / 100);
    }
    std::printf("  %d-D: %.2f us\n", d, best * 1e6);
    EXPECT_LT(best, 1e-4);
  }
}
