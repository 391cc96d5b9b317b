// SPDX-License-Identifier: GPL-2.0-only
// One particle in the plane with s = x - y and t = x + y: energies by formula, exact PMFs, and a flow to be trained on them.
#ifndef CGFLOW_TESTS_PLANE_H
#define CGFLOW_TESTS_PLANE_H

#include "numeric.h"
#include "training/energy_training.h"
#include "training/weighted_samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

namespace cgflow_test {

using namespace cgflow;

constexpr double kT = 2.5;
constexpr double kPi = std::numbers::pi;

/// U(x, y) by a formula that also gives its derivatives.
class Plane : public EnergyModel {
 public:
  using Function = std::function<double(double x, double y, double &gx, double &gy)>;
  explicit Plane(Function f) : f_(std::move(f)) {}
  int n_atoms() const override { return 1; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    for (int i = 0; i < n; ++i) {
      double gx = 0, gy = 0;
      energy[i] = f_(x[3 * i], x[3 * i + 1], gx, gy);
      force[3 * i] = -gx;
      force[3 * i + 1] = -gy;
      force[3 * i + 2] = 0.0;
    }
    evaluated += n;
  }
  int evaluated = 0;

 private:
  Function f_;
};

inline Config plane_config(std::vector<std::string> layers)
{
  Config c;
  c.cg = {{"s", {{"x", 1}, {"y", -1}}, {-2, 2}}};
  c.fine = {{"t", {{"x", 1}, {"y", 1}}}};
  c.flow.layers = std::move(layers);
  return c;
}

// U/kT = a (t - b s)^2 / 2 + c s^2: given s, t is normal with mean b s and variance 1 / a.
constexpr double kA = 4.0, kB = 0.7, kC = 0.3;
inline double quadratic(double x, double y, double &gx, double &gy)
{
  const double s = x - y, t = x + y, d = t - kB * s;
  const double us = -kA * kB * d + 2 * kC * s, ut = kA * d;
  gx = kT * (us + ut);
  gy = kT * (-us + ut);
  return kT * (0.5 * kA * d * d + kC * s * s);
}
// F(s)/kT = -ln integral exp(-U/kT) |dx dy/ds dt| dt
inline double quadratic_f(double s) { return kC * s * s - 0.5 * std::log(2 * kPi / kA) + std::log(2.0); }

// Two humps in t at +-1, 2 kT high between them, tilted by s.
inline double humps_kt(double s, double t) { return 2.0 * (t * t - 1) * (t * t - 1) + 0.2 * s * t; }
inline double humps(double x, double y, double &gx, double &gy)
{
  const double s = x - y, t = x + y;
  const double us = 0.2 * t, ut = 8.0 * t * (t * t - 1) + 0.2 * s;
  gx = kT * (us + ut);
  gy = kT * (-us + ut);
  return kT * humps_kt(s, t);
}
inline double humps_f(double s)
{
  double sum = 0.0;
  for (int i = 0; i < 8000; ++i) sum += std::exp(-humps_kt(s, -4.0 + 0.001 * i)) * 0.001;
  return -std::log(sum) + std::log(2.0);
}

/// A flow to be trained, and its map.
struct Trial {
  explicit Trial(const Config &config, std::uint64_t seed_ = 3, Communicator *c = nullptr)
      : map(make_coordinate_map(config, Molecule{{1.0}, {}, {}}, 2)), flow(config.flow, map->space(), map->fine(), seed_),
        comm(c ? *c : serial), seed(seed_)
  {
  }
  EnergyReport by_energy(const Tensor &points, const EnergyConfig &config, int epochs, EnergyModel &energy,
                         std::uint64_t iteration)
  {
    EnergyGuard guard(energy, comm);
    return EnergyTraining(flow, *map, comm, kT, seed, config, guard, iteration).run(points, epochs);
  }
  /// Mean over `points` of the gradient that one step of a training takes.
  Tensor first_gradient(const Tensor &points, const EnergyConfig &config, EnergyModel &energy)
  {
    EnergyGuard guard(energy, comm);
    EnergyTraining training(flow, *map, comm, kT, seed, config, guard, 0);
    training.run(points, 1);
    return training.gradient().to(at::kDouble) / static_cast<double>(points.size(1));
  }
  SerialCommunicator serial;
  std::unique_ptr<CoordinateMap> map;
  ConditionalFlow flow;
  Communicator &comm;
  std::uint64_t seed;
};

/// n points over the range of s, [1, n].
inline Tensor spread_points(int n) { return at::linspace(-2, 2, n, at::kDouble).view({1, n}); }

/// n times the same s, [1, n].
inline Tensor at_point(int n, double s) { return at::full({1, n}, s, at::kDouble); }

/// Eq. 12 of the paper at s against the exact F: ln of the mean weight within `sigmas` of its own error.
inline void expect_label(const Trial &u, EnergyModel &energy, double s, double exact_f, double sigmas = 4.0)
{
  const int n = 4000;
  const auto d = draw_weighted(u.flow, *u.map, energy, kT, at_point(n, s), 99, Stream::label_latent, 0, 0);
  const Tensor w = at::exp(d.ln_w);
  const double mean = w.mean().item<double>(), error = w.std().item<double>() / mean / std::sqrt(n);
  EXPECT_NEAR(-std::log(mean), exact_f, sigmas * error + 1e-9) << "s = " << s;
  EXPECT_LT(error, 0.05);
}

inline std::vector<Tensor> copy(const ConditionalFlow &flow)
{
  std::vector<Tensor> all;
  for (const auto &p : flow.parameters()) all.push_back(p.value.clone());
  return all;
}

}    // namespace cgflow_test

#endif
