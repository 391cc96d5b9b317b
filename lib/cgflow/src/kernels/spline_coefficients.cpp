// SPDX-License-Identifier: GPL-2.0-only
#include "spline_table.h"

namespace cgflow::kernels {

namespace {
// Solves x[i-1] + 4 x[i] + x[i+1] = d[i] in place, with other first and last elements of the diagonal and x = 0 beyond the
// ends.
void solve_tridiagonal(int n, double first, double last, double *d, double *scratch)
{
  double pivot = first;
  d[0] /= pivot;
  for (int i = 1; i < n; ++i) {
    scratch[i] = 1.0 / pivot;
    pivot = (i + 1 < n ? 4.0 : last) - scratch[i];
    d[i] = (d[i] - d[i - 1]) / pivot;
  }
  for (int i = n - 2; i >= 0; --i) d[i] -= scratch[i + 1] * d[i + 1];
}

void solve_periodic(int n, double *d, std::vector<double> &work)
{
  // Sherman-Morrison: the cyclic matrix is a tridiagonal one plus u u^T with u = (1, 0, ..., 0, 1).
  double *u = work.data() + n, *scratch = work.data() + 2 * n;
  for (int i = 0; i < n; ++i) u[i] = i == 0 || i == n - 1 ? 1.0 : 0.0;
  solve_tridiagonal(n, 3.0, 3.0, d, scratch);
  solve_tridiagonal(n, 3.0, 3.0, u, scratch);
  const double factor = (d[0] + d[n - 1]) / (1.0 + u[0] + u[n - 1]);
  for (int i = 0; i < n; ++i) d[i] -= factor * u[i];
}
}    // namespace

void spline_coefficients(int n, bool periodic, const double *in, double *out, std::size_t stride, std::vector<double> &work)
{
  work.resize(3 * static_cast<std::size_t>(n));
  double *d = work.data();
  for (int i = 0; i < n; ++i) d[i] = 6.0 * in[i * stride];
  if (periodic) {
    solve_periodic(n, d, work);
    for (int j = 0; j < n + 3; ++j) out[j * stride] = d[(j - 1 + n) % n];
    return;
  }
  // c[-1] + 4 c[0] + c[1] = 6 f[0] and c[-1] - 2 c[0] + c[1] = h^2 f'' give c[0] = f[0] - h^2 f'' / 6.
  const auto f = [&](int i) { return in[i * stride]; };
  const double curvature0 = 2 * f(0) - 5 * f(1) + 4 * f(2) - f(3);
  const double curvature1 = 2 * f(n - 1) - 5 * f(n - 2) + 4 * f(n - 3) - f(n - 4);
  const double first = f(0) - curvature0 / 6.0, last = f(n - 1) - curvature1 / 6.0;
  d[1] -= first;
  d[n - 2] -= last;
  solve_tridiagonal(n - 2, 4.0, 4.0, d + 1, work.data() + 2 * n);
  d[0] = first;
  d[n - 1] = last;
  for (int i = 0; i < n; ++i) out[(i + 1) * stride] = d[i];
  out[0] = 6.0 * f(0) - 4.0 * d[0] - d[1];
  out[(n + 1) * stride] = 6.0 * f(n - 1) - 4.0 * d[n - 1] - d[n - 2];
}

}    // namespace cgflow::kernels
