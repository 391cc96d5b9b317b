// SPDX-License-Identifier: GPL-2.0-only
#include "spline_table.h"

#include "runtime.h"

#include <cmath>
#include <limits>

namespace cgflow::kernels {

namespace {
// Tolerance in cells: a point that rounding has moved off a grid point or beyond an end of the range still counts as being
// there.
constexpr double kRounding = 1e-9;

struct Where {
  int cell;
  double t;        // position in the cell, [0, 1]
  bool outside;    // beyond a non-periodic range, or NaN
};

inline Where locate(double s, double lo, double inverse_spacing, int cells, bool periodic)
{
  double x = (s - lo) * inverse_spacing;
  if (periodic) {
    x -= cells * std::floor(x / cells);
    if (x >= cells) x = 0.0;    // a tiny negative value is rounded to `cells`
  }
  // Written so that NaN counts as outside and is not converted to int: `x` below is 0 then.
  const bool outside = !(x >= -kRounding && x <= cells + kRounding);
  x = x > cells ? cells : (x > 0.0 ? x : 0.0);
  int cell = static_cast<int>(x);
  if (cell == cells) --cell;
  return {cell, x - cell, outside};
}

inline void weights(double t, double *b)
{
  const double u = 1.0 - t;
  b[0] = u * u * u / 6.0;
  b[1] = 2.0 / 3.0 - t * t * (1.0 - 0.5 * t);
  b[2] = 2.0 / 3.0 - u * u * (1.0 - 0.5 * u);
  b[3] = t * t * t / 6.0;
}

inline void slopes(double t, double inverse_spacing, double *b)
{
  const double u = 1.0 - t;
  b[0] = -0.5 * u * u * inverse_spacing;
  b[1] = t * (1.5 * t - 2.0) * inverse_spacing;
  b[2] = -u * (1.5 * u - 2.0) * inverse_spacing;
  b[3] = 0.5 * t * t * inverse_spacing;
}

template <int D> struct Kernel {
  const double *s, *coefficients;
  const unsigned char *unknown;
  double *value, *std, *gradient;
  double lo[D], inverse_spacing[D];
  int cells[D], points[D], stored[D];
  bool periodic[D];

  bool touches_unknown(const Where *at) const
  {
    for (int corner = 0; corner < (1 << D); ++corner) {
      std::size_t index = 0;
      bool used = true;
      for (int k = 0; k < D; ++k) {
        const int up = (corner >> k) & 1;
        // A corner without weight does not count, so each grid point keeps its own std.
        used = used && (up ? at[k].t > kRounding : at[k].t < 1.0 - kRounding);
        const int i = at[k].cell + up;
        index = index * points[k] + (i == points[k] ? 0 : i);
      }
      if (used && unknown[index]) return true;
    }
    return false;
  }

  void operator()(int row) const
  {
    Where at[D];
    double b[D][4], db[D][4];
    bool outside = false, nan = false;
    for (int k = 0; k < D; ++k) {
      const double x = s[row * D + k];
      nan = nan || !(x - x == 0.0);
      at[k] = locate(x, lo[k], inverse_spacing[k], cells[k], periodic[k]);
      outside = outside || at[k].outside;
      weights(at[k].t, b[k]);
      if (gradient) slopes(at[k].t, inverse_spacing[k], db[k]);
    }
    double sum = 0.0, variance = 0.0, grad[D] = {};
    constexpr int kTaps = D == 1 ? 1 : (D == 2 ? 4 : 16);
    for (int tap = 0; tap < kTaps; ++tap) {
      // A tap is a choice of one of four coefficients in each dimension but the last, whose four are contiguous in memory.
      int offset[D] = {};
      std::size_t base = 0;
      double outer = 1.0;
      for (int k = 0; k < D - 1; ++k) {
        offset[k] = (tap >> (2 * k)) & 3;
        base = base * stored[k] + at[k].cell + offset[k];
        outer *= b[k][offset[k]];
      }
      base = base * stored[D - 1] + at[D - 1].cell;
      const double *c = coefficients + 2 * base;
      const double *w = b[D - 1];
      const double line = w[0] * c[0] + w[1] * c[2] + w[2] * c[4] + w[3] * c[6];
      sum += outer * line;
      if (std) variance += outer * (w[0] * c[1] + w[1] * c[3] + w[2] * c[5] + w[3] * c[7]);
      if (gradient) {
        const double *dw = db[D - 1];
        grad[D - 1] += outer * (dw[0] * c[0] + dw[1] * c[2] + dw[2] * c[4] + dw[3] * c[6]);
        for (int k = 0; k < D - 1; ++k) {
          double other = db[k][offset[k]];
          for (int j = 0; j < D - 1; ++j)
            if (j != k) other *= b[j][offset[j]];
          grad[k] += other * line;
        }
      }
    }
    const double not_a_number = std::numeric_limits<double>::quiet_NaN();
    value[row] = nan ? not_a_number : sum;
    if (std) {
      const bool infinite = outside || nan || (unknown && touches_unknown(at));
      // A spline through a minimum near zero may dip below it.
      std[row] = infinite ? std::numeric_limits<double>::infinity() : (variance > 0.0 ? std::sqrt(variance) : 0.0);
    }
    if (gradient)
      for (int k = 0; k < D; ++k) gradient[row * D + k] = nan ? not_a_number : grad[k];
  }
};
}    // namespace

SplineTable::SplineTable(const SplineGrid &grid, const std::vector<double> &value, const std::vector<double> &std)
    : grid_(grid)
{
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double largest = 0.0;
  bool all_known = true;
  for (const double x : std) {
    if (x < kInfinity)
      largest = x > largest ? x : largest;
    else
      all_known = false;
  }
  if (!all_known) unknown_.resize(std.size());
  // Unknown points enter the spline with the largest known std, which keeps the std of their neighbors finite.
  std::vector<double> now(2 * value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool known = std[i] < kInfinity;
    now[2 * i] = value[i];
    now[2 * i + 1] = known ? std[i] * std[i] : largest * largest;
    if (!all_known) unknown_[i] = !known;
  }
  std::array<int, 3> extent = grid.points;
  std::vector<double> work;
  for (int k = 0; k < grid.dimension; ++k) {
    const int n = grid.points[k];
    stored_[k] = grid.periodic[k] ? n + 3 : n + 2;
    std::size_t before = 1, after = 2;    // the pair (value, std) is the innermost dimension
    for (int j = 0; j < k; ++j) before *= extent[j];
    for (int j = k + 1; j < 3; ++j) after *= extent[j];
    std::vector<double> next(before * stored_[k] * after);
    for (std::size_t i = 0; i < before; ++i)
      for (std::size_t j = 0; j < after; ++j)
        spline_coefficients(n, grid.periodic[k], now.data() + i * n * after + j, next.data() + i * stored_[k] * after + j,
                            after, work);
    extent[k] = stored_[k];
    now = std::move(next);
  }
  coefficients_ = std::move(now);
}

template <int D> void SplineTable::run(int n, const double *s, double *value, double *std, double *gradient) const
{
  Kernel<D> kernel;
  kernel.s = s;
  kernel.coefficients = coefficients_.data();
  kernel.unknown = unknown_.empty() ? nullptr : unknown_.data();
  kernel.value = value;
  kernel.std = std;
  kernel.gradient = gradient;
  for (int k = 0; k < D; ++k) {
    kernel.lo[k] = grid_.lo[k];
    kernel.inverse_spacing[k] = 1.0 / grid_.spacing[k];
    kernel.cells[k] = grid_.cells(k);
    kernel.points[k] = grid_.points[k];
    kernel.stored[k] = stored_[k];
    kernel.periodic[k] = grid_.periodic[k];
  }
  for_each_part("cgflow::spline_table", n, 512, [&](std::int64_t row, std::int64_t end) {
    for (; row < end; ++row) kernel(static_cast<int>(row));
  });
}

void SplineTable::evaluate(int n, const double *s, double *value, double *std, double *gradient) const
{
  if (n <= 0) return;
  switch (grid_.dimension) {
  case 1:
    return run<1>(n, s, value, std, gradient);
  case 2:
    return run<2>(n, s, value, std, gradient);
  default:
    return run<3>(n, s, value, std, gradient);
  }
}

}    // namespace cgflow::kernels
