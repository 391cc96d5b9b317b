// SPDX-License-Identifier: GPL-2.0-only
// Known PMFs in kT and labels of them with a known error.
#ifndef CGFLOW_TESTS_PMF_CASES_H
#define CGFLOW_TESTS_PMF_CASES_H

#include "cgflow/cg_space.h"
#include "cgflow/labels.h"
#include "cgflow/random.h"

#include <cmath>
#include <fstream>
#include <functional>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

namespace cgflow::testing_cases {

struct Case {
  CgSpace space;
  std::function<double(const double *)> f;    // kT
};

/// Cubic interpolation of the quadrature in tests/oracle.
inline Case mueller_brown()
{
  std::vector<double> f;
  std::ifstream file(std::string(CGFLOW_SOURCE_DIR) + "/tests/oracle/mueller_brown_pmf.csv");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) f.push_back(std::stod(line.substr(line.find(',') + 1)));
  if (f.size() != 361) throw std::runtime_error("mueller_brown_pmf.csv: expected 361 rows");
  return {CgSpace({{"s", -2.5, 1.1, false}}), [f](const double *s) {
            const double x = (s[0] + 2.5) / 0.01;
            const int i = std::min(std::max(static_cast<int>(x), 1), 358);
            const double t = x - i;
            return f[i - 1] * -t * (t - 1) * (t - 2) / 6 + f[i] * (t + 1) * (t - 1) * (t - 2) / 2 -
                   f[i + 1] * (t + 1) * t * (t - 2) / 2 + f[i + 2] * (t + 1) * t * (t - 1) / 6;
          }};
}

inline Case fourier_series()
{
  return {CgSpace({{"phi", -180, 180, true}}), [](const double *s) {
            const double p = s[0] * std::numbers::pi / 180;
            return 2 * std::cos(p + 0.3) + 1.5 * std::sin(2 * p) + 0.7 * std::cos(3 * p + 1) + 0.3 * std::sin(5 * p);
          }};
}

/// Wells on the torus, 9 kT deep.
inline Case torus_wells()
{
  return {CgSpace({{"phi", -180, 180, true}, {"psi", -180, 180, true}}), [](const double *s) {
            const double a = s[0] * std::numbers::pi / 180, b = s[1] * std::numbers::pi / 180;
            const auto well = [&](double x, double y, double k, double w) {
              return w * std::exp(k * (std::cos(a - x) + std::cos(b - y) - 2));
            };
            return -std::log(well(-1.4, 2.6, 3, 1) + well(-1.3, -0.7, 4, 0.7) + well(1.0, 0.8, 8, 0.1) +
                             well(1.1, -2, 5, 0.05) + 1e-4);
          }};
}

inline Case coupled_cube()
{
  return {CgSpace({{"a", -1, 1, false}, {"b", 0, 5, false}, {"c", 2, 3, false}}), [](const double *s) {
            const double x = (s[0] + 1) / 2 - 0.45, y = s[1] / 5 - 0.45, z = s[2] - 2.45;
            return 12 * x * x + 18 * y * y + 8 * z * z + 10 * x * y * z + 6 * y * z + 1.5 * std::cos(9 * x + 4);
          }};
}

/// Gamma-distributed variate of mean 1 and variance v (Marsaglia and Tsang 2000), v < 1.
inline double gamma_variate(RandomStream &random, double v)
{
  const double d = 1 / v - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(), t = 1 + c * x;
    if (t <= 0) continue;
    const double w = t * t * t, u = random.uniform();
    if (std::log(u) < 0.5 * x * x + d - d * w + d * std::log(w)) return d * w * v;
  }
}

/// n labels at random points for which `keep` holds; relative error `error`, itself estimated to a factor.
inline std::vector<Label> make_labels(const Case &c, int n, double error, std::uint64_t seed,
                                      const std::function<bool(const double *)> &keep = nullptr)
{
  std::vector<Label> labels;
  RandomStream random(seed, Stream::test, 11, 0);
  while (static_cast<int>(labels.size()) < n) {
    Label l;
    for (const CgVariable &v : c.space.variables()) l.s.push_back(v.lo + v.width() * random.uniform());
    if (keep && !keep(l.s.data())) continue;
    l.n = 16;
    l.iteration = static_cast<int>(labels.size()) / 40;
    l.ln_mean_w = -c.f(l.s.data()) + std::log(gamma_variate(random, error * error));
    l.relative_variance = error * error * gamma_variate(random, 0.25);
    l.ess_share = 0.5;
    labels.push_back(l);
  }
  return labels;
}

}    // namespace cgflow::testing_cases

#endif
