// SPDX-License-Identifier: GPL-2.0-only
// Analytic one-particle systems with exact PMFs by quadrature, and a minimal engine of walkers: the learner without LAMMPS.
#ifndef CGFLOW_TESTS_ANALYTIC_SYSTEMS_H
#define CGFLOW_TESTS_ANALYTIC_SYSTEMS_H

#include "cgflow/config.h"
#include "cgflow/energy_model.h"
#include "cgflow/learner.h"
#include "cgflow/random.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace cgflow::tests {

/// V(x, y) with gradient.
using Potential = std::function<double(double x, double y, double *gradient)>;

// The Mueller-Brown potential with the constants of the paper (arXiv 2402.01195).
inline double mueller_brown(double x, double y, double *g)
{
  constexpr double A[] = {-200, -100, -170, 15}, a[] = {-1, -1, -6.5, 0.7}, b[] = {0, 0, 11, 0.6},
                   c[] = {-10, -10, -6.5, 0.7}, X[] = {1, 0, -0.5, -1}, Y[] = {0, 0.5, 1.5, 1};
  double v = 0;
  g[0] = g[1] = 0;
  for (int j = 0; j < 4; ++j) {
    const double dx = x - X[j], dy = y - Y[j];
    const double e = A[j] * std::exp(a[j] * dx * dx + b[j] * dx * dy + c[j] * dy * dy);
    v += e;
    g[0] += e * (2 * a[j] * dx + b[j] * dy);
    g[1] += e * (b[j] * dx + 2 * c[j] * dy);
  }
  return v;
}

// Two wells in x, and a soft mode y whose center and width depend on x.
inline double curved_double_well(double x, double y, double *g)
{
  const double well = x * x - 1, k = 4 + 3 * x, centre = 0.5 * std::sin(2 * x), dy = y - centre;
  const double stiffness = k * k * 0.25 + 2;
  g[0] = 20 * 2 * well * 2 * x + (2 * k * 3 * 0.25) * dy * dy * 0.5 - stiffness * dy * std::cos(2 * x);
  g[1] = stiffness * dy;
  return 20 * well * well + 0.5 * stiffness * dy * dy;
}

class OneParticle : public EnergyModel {
 public:
  explicit OneParticle(Potential potential) : potential_(std::move(potential)) {}
  int n_atoms() const override { return 1; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    for (int i = 0; i < n; ++i) {
      double g[2];
      energy[i] = potential_(x[3 * i], x[3 * i + 1], g);
      if (!std::isfinite(energy[i])) energy[i] = std::numeric_limits<double>::infinity(), g[0] = g[1] = 0;
      force[3 * i] = -g[0], force[3 * i + 1] = -g[1], force[3 * i + 2] = 0;
    }
    evaluations += n;
  }
  std::int64_t evaluations = 0;

 private:
  Potential potential_;
};

/// s = x + slope * y by YAML, with the fine coordinate that completes it unless `fine` is given.
struct System {
  Potential potential;
  double kT, lo, hi, slope;
  double start[2];         // a minimum
  double low_s, high_s;    // the PMF is compared on this range

  Config config() const { return config(""); }
  /// The same with further settings as YAML text, which has neither `cg` nor `fine`.
  Config config(const std::string &settings) const
  {
    std::ostringstream text;
    text << "cg: [{name: s, linear: {x: 1";
    if (slope != 0) text << ", y: " << slope;
    text << "}, range: [" << lo << ", " << hi << "]}]\nfine: [{name: t, linear: {";
    if (slope != 0) text << "x: " << -slope << ", ";
    text << "y: 1}}]\n" << settings;
    return Config::parse(text.str(), "settings");
  }
  ModelInfo info(std::uint64_t seed) const { return {kT, kT, "lj", {{1.0}, {}, {}}, 2, seed, 0.2}; }

  /// F(s)/kT by quadrature over t = y - slope x; the constant Jacobian drops out.
  double exact(double s) const
  {
    double m = std::numeric_limits<double>::infinity();
    std::vector<double> u;
    const double det = 1 + slope * slope;
    for (double t = -9; t < 9; t += 1e-3) {
      double g[2];
      u.push_back(potential((s - slope * t) / det, (slope * s + t) / det, g) / kT);
      m = std::min(m, u.back());
    }
    double sum = 0;
    for (double v : u) sum += std::exp(m - v) * 1e-3;
    return m - std::log(sum);
  }

  /// n frames [n, 3] of Metropolis Monte Carlo in the basin of `start`.
  std::vector<double> frames(int n, std::uint64_t seed) const
  {
    std::vector<double> x;
    double at[2] = {start[0], start[1]}, g[2], v = potential(at[0], at[1], g);
    RandomStream random(seed, Stream::test);
    for (int i = -200; i < n * 20; ++i) {
      const double trial[2] = {at[0] + 0.1 * random.normal(), at[1] + 0.1 * random.normal()};
      const double vt = potential(trial[0], trial[1], g);
      if (random.uniform() < std::exp(-(vt - v) / kT)) at[0] = trial[0], at[1] = trial[1], v = vt;
      if (i >= 0 && i % 20 == 0) x.insert(x.end(), {at[0], at[1], 0.0});
    }
    return x;
  }
};

inline System mueller_brown_system() { return {mueller_brown, 10.0, -2.6, 1.2, -1.0, {-0.558, 1.442}, -2.5, 1.1}; }
inline System double_well_system() { return {curved_double_well, 2.0, -1.7, 1.9, 0.3, {-1.0, -0.45}, -1.5, 1.6}; }

/// Walkers by Metropolis Monte Carlo at walker_kT with Gaussian steps of `step` in units of the ranges' widths; returns the
/// number of sweeps.
inline std::int64_t walk(Learner &learner, int walkers, double step, double walker_kT, std::int64_t sweeps,
                         std::uint64_t seed)
{
  const CgSpace &space = learner.model().space();
  const int d = space.n_cv();
  std::vector<double> s(walkers * d), f(walkers), std(walkers), trial(walkers * d), ft(walkers), stdt(walkers);
  std::vector<char> stopped(walkers, 0);
  const auto start = [&](int i) {
    const std::vector<double> point = learner.start_point(i);
    std::copy(point.begin(), point.end(), &s[i * d]);
  };
  for (int i = 0; i < walkers; ++i) start(i);
  learner.surface()->evaluate(walkers, s.data(), f.data(), std.data(), nullptr);
  for (std::int64_t sweep = 0; sweep < sweeps; ++sweep) {
    std::vector<double> u(walkers);
    for (int i = 0; i < walkers; ++i) {
      RandomStream random(seed, Stream::walkers, i, sweep);
      for (int k = 0; k < d; ++k) trial[i * d + k] = s[i * d + k] + step * space[k].width() * random.normal();
      space.wrap(&trial[i * d]);
      u[i] = random.uniform();
    }
    learner.surface()->evaluate(walkers, trial.data(), ft.data(), stdt.data(), nullptr);
    int count = 0;
    for (int i = 0; i < walkers; ++i) {
      if (!stopped[i] && space.contains(&trial[i * d]) && u[i] < std::exp(-(ft[i] - f[i]) / walker_kT)) {
        std::copy_n(&trial[i * d], d, &s[i * d]);
        f[i] = ft[i], std[i] = stdt[i];
      }
      if (std[i] > learner.threshold() && f[i] - 2.0 * std[i] <= learner.ceiling()) stopped[i] = 1;
      count += stopped[i];
    }
    const auto decision = learner.after_sweep(count, walkers);
    if (decision == Learner::Decision::finish) return sweep;
    if (decision == Learner::Decision::iterate) {
      std::vector<double> points;
      for (int i = 0; i < walkers; ++i)
        if (stopped[i]) points.insert(points.end(), &s[i * d], &s[i * d] + d);
      learner.iterate(points);
      for (int i = 0; i < walkers; ++i) start(i), stopped[i] = 0;
      learner.surface()->evaluate(walkers, s.data(), f.data(), std.data(), nullptr);
    }
  }
  return sweeps;
}

/// Errors of a PMF against the exact one, best constant removed, kT.
struct Accuracy {
  double rms = 0, largest = 0, within1 = 0, within2 = 0, median_std = 0;
  double shift = 0;    // the constant removed
};
inline Accuracy accuracy(const System &system, const PmfSurface &surface)
{
  std::vector<double> s, error;
  for (int i = 0; i <= 180; ++i) s.push_back(system.low_s + (system.high_s - system.low_s) * i / 180);
  const int n = static_cast<int>(s.size());
  std::vector<double> f(n), std(n);
  surface.evaluate(n, s.data(), f.data(), std.data(), nullptr);
  double mean = 0;
  for (int i = 0; i < n; ++i) {
    error.push_back(f[i] / system.kT - system.exact(s[i]));
    mean += error.back() / n;
  }
  Accuracy a;
  a.shift = mean;
  for (int i = 0; i < n; ++i) {
    const double e = std::abs(error[i] - mean);
    a.rms += e * e / n;
    a.largest = std::max(a.largest, e);
    a.within1 += (e < std[i] / system.kT) / double(n);
    a.within2 += (e < 2 * std[i] / system.kT) / double(n);
  }
  a.rms = std::sqrt(a.rms);
  std::nth_element(std.begin(), std.begin() + n / 2, std.end());
  a.median_std = std[n / 2] / system.kT;
  return a;
}

}    // namespace cgflow::tests

#endif
