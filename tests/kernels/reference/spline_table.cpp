// SPDX-License-Identifier: GPL-2.0-only
#include "reference/spline_table.h"

#include <cmath>
#include <limits>

namespace cgflow::kernels::reference {

namespace {
constexpr double kRounding = 1e-9;    // cells

using Matrix = std::vector<std::vector<double>>;

// Gaussian elimination with partial pivoting.
std::vector<double> solve(Matrix a, std::vector<double> b)
{
  const int n = static_cast<int>(b.size());
  for (int k = 0; k < n; ++k) {
    int pivot = k;
    for (int i = k + 1; i < n; ++i)
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (int i = k + 1; i < n; ++i) {
      const double factor = a[i][k] / a[k][k];
      if (factor == 0.0) continue;
      for (int j = k; j < n; ++j) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (int k = n - 1; k >= 0; --k) {
    for (int j = k + 1; j < n; ++j) b[k] -= a[k][j] * b[j];
    b[k] /= a[k][k];
  }
  return b;
}

// Second derivatives at the knots of spacing 1: M[i-1] + 4 M[i] + M[i+1] = 6 (f[i-1] - 2 f[i] + f[i+1]).
std::vector<double> moments(const std::vector<double> &f, bool periodic)
{
  const int n = static_cast<int>(f.size());
  Matrix a(n, std::vector<double>(n, 0.0));
  std::vector<double> b(n);
  for (int i = 0; i < n; ++i) {
    const int left = (i + n - 1) % n, right = (i + 1) % n;
    if (!periodic && (i == 0 || i == n - 1)) {
      const int step = i == 0 ? 1 : -1;
      a[i][i] = 1.0;
      b[i] = 2 * f[i] - 5 * f[i + step] + 4 * f[i + 2 * step] - f[i + 3 * step];
      continue;
    }
    a[i][i] += 4.0;
    a[i][left] += 1.0;
    a[i][right] += 1.0;
    b[i] = 6.0 * (f[left] - 2.0 * f[i] + f[right]);
  }
  return solve(a, b);
}

// Value or slope (per knot spacing) of the spline through f at knot coordinate x.
double spline(const std::vector<double> &f, bool periodic, double x, bool slope)
{
  const int n = static_cast<int>(f.size()), cells = periodic ? n : n - 1;
  const std::vector<double> m = moments(f, periodic);
  const int i = std::min(static_cast<int>(x), cells - 1), j = (i + 1) % n;
  const double t = x - i, u = 1.0 - t;
  if (slope) return f[j] - f[i] + ((3 * t * t - 1) * m[j] - (3 * u * u - 1) * m[i]) / 6.0;
  return u * f[i] + t * f[j] + ((u * u * u - u) * m[i] + (t * t * t - t) * m[j]) / 6.0;
}

// Contracts the last dimension first; `differentiate` is the dimension along which the slope is taken, or -1.
double evaluate(const SplineGrid &grid, std::vector<double> f, const double *x, int differentiate)
{
  for (int k = grid.dimension - 1; k >= 0; --k) {
    const int n = grid.points[k];
    std::vector<double> contracted(f.size() / n);
    for (std::size_t line = 0; line < contracted.size(); ++line) {
      const std::vector<double> values(f.begin() + line * n, f.begin() + (line + 1) * n);
      contracted[line] = spline(values, grid.periodic[k], x[k], differentiate == k);
      if (differentiate == k) contracted[line] /= grid.spacing[k];
    }
    f = contracted;
  }
  return f[0];
}

// True when a grid point that has weight at x is unknown.
bool near_unknown(const SplineGrid &grid, const std::vector<double> &std, const double *x)
{
  for (std::size_t index = 0; index < std.size(); ++index) {
    if (std::isfinite(std[index])) continue;
    std::size_t rest = index;
    bool near = true;
    for (int k = grid.dimension - 1; k >= 0; --k) {
      double distance = std::abs(x[k] - static_cast<double>(rest % grid.points[k]));
      if (grid.periodic[k]) distance = std::min(distance, grid.points[k] - distance);
      near = near && distance < 1.0 - kRounding;
      rest /= grid.points[k];
    }
    if (near) return true;
  }
  return false;
}
}    // namespace

void spline_table(const SplineGrid &grid, const std::vector<double> &value, const std::vector<double> &std, int n,
                  const double *s, double *out_value, double *out_std, double *out_gradient)
{
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  double largest = 0.0;
  for (const double e : std)
    if (std::isfinite(e)) largest = std::max(largest, e);
  std::vector<double> finite = std;
  for (double &e : finite) e = std::isfinite(e) ? e * e : largest * largest;
  for (int row = 0; row < n; ++row) {
    double x[3] = {};
    bool outside = false, bad = false;
    for (int k = 0; k < grid.dimension; ++k) {
      x[k] = (s[row * grid.dimension + k] - grid.lo[k]) / grid.spacing[k];
      const double cells = grid.cells(k);
      if (!std::isfinite(x[k])) {
        bad = true;
        x[k] = 0.0;
      }
      if (grid.periodic[k]) x[k] -= cells * std::floor(x[k] / cells);
      if (grid.periodic[k] && x[k] >= cells) x[k] = 0.0;
      outside = outside || x[k] < -kRounding || x[k] > cells + kRounding;
      x[k] = std::min(std::max(x[k], 0.0), cells);
    }
    out_value[row] = bad ? nan : evaluate(grid, value, x, -1);
    if (out_std) {
      const bool unknown = outside || bad || near_unknown(grid, std, x);
      out_std[row] = unknown ? infinity : std::sqrt(std::max(0.0, evaluate(grid, finite, x, -1)));
    }
    if (out_gradient)
      for (int k = 0; k < grid.dimension; ++k)
        out_gradient[row * grid.dimension + k] = bad ? nan : evaluate(grid, value, x, k);
  }
}

}    // namespace cgflow::kernels::reference
