// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_child_probes.h"

#include "cgflow/error.h"
#include "cgflow_child_relaxation.h"

#include "fmt/format.h"

#include <algorithm>
#include <cmath>

using namespace LAMMPS_NS;
using cgflow::EnergyError;

namespace {

constexpr int kProbes = 4;

// Of the distance between the closest atoms; of the shortest edge of the box where there is only one atom, and at most that length.
constexpr double kShareOfDistance = 0.02, kShareOfBox = 0.01, kMostOfBox = 0.1;

double largest_difference(const std::vector<double> &a, const std::vector<double> &b)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

}    // namespace

CGFlowChildProbes::CGFlowChildProbes(CGFlowChildCopies &copies, std::string place)
    : copies_(copies), place_(std::move(place)),
      scale_(copies.n_atoms() > 1 ? kShareOfDistance * copies.smallest_distance()
                                  : std::min(kShareOfBox * copies.shortest_box_edge(), kMostOfBox))
{
  std::uniform_real_distribution<double> uniform(-scale_, scale_);
  for (int p = 0; p < kProbes; ++p) {
    auto x = copies.configuration();
    for (std::size_t i = 0; i < x.size(); ++i)
      if (is_free(i)) x[i] += uniform(random_);
    if (!copies.fits(x.data())) x = copies.configuration();
    std::vector<double> force;
    const double energy = evaluate(x, &force, false);
    const std::string closest = std::isfinite(energy) ? "" : cgflow_child_closest(copies.molecule());
    if (!std::isfinite(energy))
      throw EnergyError(place_ + fmt::format("energy near its own configuration is {}; it must be finite{}", energy,
                                             closest.empty() ? "" : "; " + closest));
    x_.push_back(x);
    energies_.push_back(energy);
    forces_.push_back(force);
  }
}

cgflow::Probes CGFlowChildProbes::probes() const
{
  cgflow::Probes probes;
  probes.energies = energies_;
  for (const auto &x : x_) probes.x.insert(probes.x.end(), x.begin(), x.end());
  return probes;
}

double CGFlowChildProbes::evaluate(const std::vector<double> &x, std::vector<double> *force, bool per_atom)
{
  std::vector<double> f(x.size());
  double energy = 0.0;
  const double *at = x.data();
  double *to = f.data();
  copies_.run(1, &at, &energy, &to, per_atom);
  ++evaluations_;
  if (force) *force = f;
  return energy;
}

void CGFlowChildProbes::check_gradient(const std::string &silent_fixes)
{
  std::normal_distribution<double> normal;
  for (int p = 0; p < kProbes; ++p) {
    std::vector<double> along(x_[p].size());
    double norm = 0.0;
    for (std::size_t i = 0; i < along.size(); ++i) {
      along[i] = is_free(i) ? normal(random_) : 0.0;
      norm += along[i] * along[i];
    }
    for (auto &component : along) component /= std::sqrt(norm);
    check_direction(p, along, silent_fixes);
  }
}

void CGFlowChildProbes::check_direction(int probe, const std::vector<double> &along, const std::string &silent_fixes)
{
  const std::vector<double> &at = x_[probe], &force = forces_[probe];
  double expected = 0.0, square = 0.0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    expected += force[i] * along[i];
    square += force[i] * force[i];
  }
  double slope = 0.0;
  const double step = scale_ * 1e-2;
  // The second step is for an energy that jumps at a cutoff within the first one.
  for (const double h : {step, 0.1 * step}) {
    auto plus = at, minus = at;
    for (std::size_t i = 0; i < at.size(); ++i) {
      plus[i] += h * along[i];
      minus[i] -= h * along[i];
    }
    if (!copies_.fits(plus.data()) || !copies_.fits(minus.data())) return;
    const double high = evaluate(plus, nullptr, false), low = evaluate(minus, nullptr, false);
    slope = (low - high) / (2.0 * h);
    const double noise = 1e-13 * (std::fabs(high) + std::fabs(low)) / h;
    const double typical = std::sqrt(square / static_cast<double>(at.size()));
    if (std::fabs(slope - expected) <= 0.01 * std::fabs(expected) + 0.005 * typical + noise) return;
  }
  throw EnergyError(place_ +
                    fmt::format("forces are not the gradient of the energy: along one direction the energy falls by "
                                "{} a length unit and the force is {}. A fix that adds forces needs its energy "
                                "(`fix_modify ID energy yes`{}), and no fix may add random ones",
                                slope, expected, silent_fixes.empty() ? "" : "; without it: " + silent_fixes));
}

bool CGFlowChildProbes::energies_are_per_atom()
{
  for (int p = 0; p < kProbes; ++p) {
    const double energy = evaluate(x_[p], nullptr, true);
    if (!(std::fabs(energy - energies_[p]) <= 1e-9 * (1.0 + std::fabs(energies_[p])))) return false;
  }
  return true;
}

bool CGFlowChildProbes::copies_agree(bool per_atom)
{
  const int batches = copies_.copies() > 1 ? 1 : kProbes;
  for (int first = 0; first < batches; ++first)
    if (!batch_agrees(first, per_atom)) return false;
  return true;
}

// Copy c gets the probe first + c modulo kProbes, so that the first copy, the last one and those between are checked.
bool CGFlowChildProbes::batch_agrees(int first, bool per_atom)
{
  const int m = copies_.copies();
  std::vector<const double *> x(m);
  std::vector<std::vector<double>> forces(m, std::vector<double>(x_[0].size()));
  std::vector<double *> to(m);
  std::vector<double> energies(m);
  for (int c = 0; c < m; ++c) {
    x[c] = x_[(first + c) % kProbes].data();
    to[c] = forces[c].data();
  }
  copies_.run(m, x.data(), energies.data(), to.data(), per_atom);
  evaluations_ += m;
  for (int c = 0; c < m; ++c) {
    const int p = (first + c) % kProbes;
    double scale = 1.0;
    for (const double f : forces_[p]) scale = std::max(scale, std::fabs(f));
    if (!(std::fabs(energies[c] - energies_[p]) <= 1e-8 * (1.0 + std::fabs(energies_[p])))) return false;
    if (!(largest_difference(forces[c], forces_[p]) <= 1e-8 * scale)) return false;
  }
  return true;
}
