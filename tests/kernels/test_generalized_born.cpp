// SPDX-License-Identifier: GPL-2.0-only
// Generalized Born against plain loops in long double.
#include "cgflow/generalized_born.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace cgflow;
using Real = long double;

namespace {

const GeneralizedBornModel kObc1 = {0.8, 0.0, 2.909125, 0.09, 1.4, 0.0679, 332.0 * (1.0 - 1.0 / 78.5)};
const GeneralizedBornModel kObc2 = {1.0, 0.8, 4.85, 0.09, 1.4, 0.0679, 332.0 * (1.0 - 1.0 / 78.5)};

GeneralizedBornMolecule draw(int n, double extent, unsigned seed)
{
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> at(0.0, extent), radius(0.5, 2.5), scale(0.2, 1.2), charge(-1.0, 1.0);
  GeneralizedBornMolecule m;
  m.resize(n);
  for (int i = 0; i < n; ++i) {
    m.x[i] = at(random);
    m.y[i] = at(random);
    m.z[i] = at(random);
    m.q[i] = charge(random);
    m.radius[i] = radius(random);
    m.scale[i] = scale(random);
  }
  return m;
}

Real distance(const GeneralizedBornMolecule &m, int i, int j)
{
  return std::hypot(Real(m.x[i]) - m.x[j], Real(m.y[i]) - m.y[j], Real(m.z[i]) - m.z[j]);
}

// The integral of 1/(4 pi d^4) over the part of j's sphere of radius s that lies outside i.
Real born_integral(Real r, Real rho, Real s)
{
  const Real upper = r + s, lower = std::max(rho, std::fabs(r - s));
  if (rho >= upper) return 0.0L;
  const Real l = 1 / lower, u = 1 / upper;
  Real value = l - u + (r - s * s / r) * (u * u - l * l) / 4 + std::log(lower / upper) / (2 * r);
  if (rho < s - r) value += 2 * (1 / rho - l);
  return value / 2;
}

struct Reference {
  std::vector<Real> born, energy;
  Real total = 0;
};

Reference reference(const GeneralizedBornModel &model, const GeneralizedBornMolecule &m)
{
  const int n = m.size();
  Reference out;
  out.born.resize(n);
  out.energy.resize(n);
  const auto rho = [&](int i) { return Real(m.radius[i]) - model.offset; };
  for (int i = 0; i < n; ++i) {
    Real psi = 0;
    for (int j = 0; j < n; ++j)
      if (j != i) psi += rho(i) * born_integral(distance(m, i, j), rho(i), m.scale[j] * rho(j));
    const Real t = std::tanh(model.alpha * psi - model.beta * psi * psi + model.gamma * psi * psi * psi);
    out.born[i] = 1 / (1 / rho(i) - t / m.radius[i]);
  }
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const Real r = i == j ? 0.0L : distance(m, i, j), product = out.born[i] * out.born[j];
      out.energy[i] -=
          0.5L * model.coulomb * m.q[i] * m.q[j] / std::sqrt(r * r + product * std::exp(-r * r / (4 * product)));
    }
    const Real reach = Real(m.radius[i]) + model.probe;
    out.energy[i] += model.surface * reach * reach * std::pow(m.radius[i] / out.born[i], 6.0L);
    out.total += out.energy[i];
  }
  return out;
}

void agrees(const GeneralizedBornMolecule &m, const Reference &expected)
{
  for (int i = 0; i < m.size(); ++i) {
    EXPECT_NEAR(m.born[i], double(expected.born[i]), 2e-11 * m.born[i]) << m.size() << " atoms";
    const double energy = double(expected.energy[i]);
    EXPECT_NEAR(m.polar[i] + m.surface[i], energy, 1e-10 * (1.0 + std::fabs(energy))) << m.size() << " atoms";
  }
}

}    // namespace

TEST(GeneralizedBorn, OneIonHasTheBornEnergy)
{
  GeneralizedBornMolecule m;
  m.resize(1);
  m.x[0] = m.y[0] = m.z[0] = 3.0;
  m.q[0] = 2.0;
  m.radius[0] = 1.59;
  m.scale[0] = 0.8;
  m.evaluate(kObc2);
  // No other atom descreens it: B = 1.5, E = -q^2/(2 B) times the constant; surface (1.59 + 1.4)^2 (1.59/1.5)^6.
  EXPECT_NEAR(m.polar[0], -kObc2.coulomb * 4.0 / 3.0, 1e-12);
  EXPECT_NEAR(m.surface[0], 0.0679 * 2.99 * 2.99 * std::pow(1.06, 6), 1e-12);
  EXPECT_EQ(m.fx[0], 0.0);
}

TEST(GeneralizedBorn, AgreesWithPlainLoopsForAnySizeAndDensity)
{
  for (const auto &model : {kObc1, kObc2})
    // Sizes on both sides of whole vectors.
    for (const int n : {0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 16, 17, 18, 22, 64, 201})
      for (const double extent : {0.5, 4.0, 20.0, 1000.0}) {
        GeneralizedBornMolecule m = draw(n, extent, 100 * n + static_cast<unsigned>(extent));
        m.evaluate(model);
        agrees(m, reference(model, m));
      }
}

TEST(GeneralizedBorn, AgreesWithPlainLoopsForAThousandAtoms)
{
  GeneralizedBornMolecule m = draw(1000, 40.0, 5);
  m.evaluate(kObc2);
  agrees(m, reference(kObc2, m));
}

TEST(GeneralizedBorn, ResultsDoNotDependOnEarlierMolecules)
{
  GeneralizedBornMolecule used = draw(40, 9.0, 1);
  used.evaluate(kObc1);
  for (const int n : {7, 41, 4, 40}) {
    GeneralizedBornMolecule fresh = draw(n, 5.0, 7);
    used.resize(n);
    used.x = fresh.x, used.y = fresh.y, used.z = fresh.z, used.q = fresh.q, used.radius = fresh.radius,
    used.scale = fresh.scale;
    used.evaluate(kObc1);
    fresh.evaluate(kObc1);
    EXPECT_EQ(used.polar, fresh.polar);
    EXPECT_EQ(used.surface, fresh.surface);
    EXPECT_EQ(used.fx, fresh.fx);
  }
}

TEST(GeneralizedBorn, ForcesAreSlopesAndVirialsBelongToThem)
{
  const double h = 1e-5;
  for (const double extent : {3.0, 12.0}) {
    const int n = 9;
    GeneralizedBornMolecule m = draw(n, extent, 4711);
    m.evaluate(kObc2);
    const auto fx = m.fx, fy = m.fy, fz = m.fz;
    std::vector<double> virial;
    m.atom_virials(virial);
    double sums[6] = {}, moments[6] = {}, largest = 0.0;
    for (int i = 0; i < n; ++i) {
      for (int k = 0; k < 6; ++k) sums[k] += virial[6 * i + k];
      const double r[3] = {m.x[i], m.y[i], m.z[i]}, f[3] = {fx[i], fy[i], fz[i]};
      const int a[6] = {0, 1, 2, 0, 0, 1}, b[6] = {0, 1, 2, 1, 2, 2};
      for (int k = 0; k < 6; ++k) moments[k] += r[a[k]] * f[b[k]];
      largest = std::max({largest, std::fabs(fx[i]), std::fabs(fy[i]), std::fabs(fz[i])});
    }
    for (int k = 0; k < 6; ++k) EXPECT_NEAR(sums[k], moments[k], 1e-11 * (1.0 + largest * extent * n));
    for (int i = 0; i < n; ++i)
      for (auto [axis, force] : {std::pair{&m.x, fx[i]}, {&m.y, fy[i]}, {&m.z, fz[i]}}) {
        const double x = (*axis)[i];
        (*axis)[i] = x + h;
        const Real above = reference(kObc2, m).total;
        (*axis)[i] = x - h;
        const Real below = reference(kObc2, m).total;
        (*axis)[i] = x;
        EXPECT_NEAR(force, double((below - above) / (2 * Real(h))), 1e-7 * (1.0 + largest));
      }
  }
}

TEST(GeneralizedBorn, APositionThatIsNotFiniteMakesAllEnergiesSo)
{
  for (const double bad : {double(NAN), double(INFINITY)}) {
    GeneralizedBornMolecule m = draw(5, 4.0, 1);
    m.x[3] = bad;
    m.evaluate(kObc1);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(std::isfinite(m.polar[i])) << i;
    EXPECT_FALSE(std::isfinite(m.fx[3]));
  }
}

TEST(GeneralizedBorn, BornIntegralIsContinuousWhereSpheresTouch)
{
  // Two atoms, of reduced radii 0.5 and 1.5. The scaled sphere of the second, of radius 1.2, touches the first from outside
  // at a distance of 1.7, and encloses it from a distance of 0.7 on.
  GeneralizedBornMolecule m;
  m.resize(2);
  m.radius = {0.59, 1.59};
  m.scale = {0.8, 0.8};
  for (const double touch : {0.7, 1.7}) {
    double born[2];
    for (int k = 0; k < 2; ++k) {
      m.x[1] = touch + (k ? 1e-9 : -1e-9);
      m.evaluate(kObc2);
      born[k] = m.born[0];
    }
    EXPECT_NEAR(born[0], born[1], 1e-8);
  }
}
