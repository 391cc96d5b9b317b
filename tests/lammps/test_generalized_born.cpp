// SPDX-License-Identifier: GPL-2.0-only
// The formulas of generalized Born against plain loops in long double, and the functions they stand on.
#include "cgflow_generalized_born.h"
#include "cgflow_vector_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace LAMMPS_NS::CGFlow;
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

// The Born integral as an integral: of 1/(4 pi d^4) over the part of j's sphere outside i, in shells around i.
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

}    // namespace

TEST(VectorMath, LogarithmAgreesWithTheLibrary)
{
  double worst = 0.0;
  for (double v = 1e-2; v < 1e2; v *= 1.0003)
    worst =
        std::max(worst, double(std::fabs(Real(vector_log(v)) - std::log(Real(v)))) / std::max(1.0, std::fabs(std::log(v))));
  EXPECT_LT(worst, 3e-16);
  for (int k = -300; k < 300; k += 7) {
    const double v = std::pow(10.0, k);
    EXPECT_NEAR(vector_log(v), std::log(v), 3e-16 * (1.0 + std::fabs(std::log(v)))) << v;
  }
  EXPECT_EQ(vector_log(1.0), 0.0);
}

TEST(VectorMath, ExponentialAgreesWithTheLibraryAndEndsAt700)
{
  double worst = 0.0;
  for (double d = 0.0; d < 700.0; d += 0.0137)
    worst = std::max(worst, double(std::fabs(Real(vector_exp_minus(d)) / std::exp(-Real(d)) - 1)));
  EXPECT_LT(worst, 4e-16);
  EXPECT_EQ(vector_exp_minus(0.0), 1.0);
  for (const double d : {700.0, 745.0, 1e4, 1e300, double(INFINITY)})
    EXPECT_NEAR(vector_exp_minus(d) / std::exp(-700.0), 1.0, 1e-13);
}

TEST(GeneralizedBorn, OneIonHasTheBornEnergy)
{
  GeneralizedBornMolecule m;
  m.resize(1);
  m.x[0] = m.y[0] = m.z[0] = 3.0;
  m.q[0] = 2.0;
  m.radius[0] = 1.59;
  m.scale[0] = 0.8;
  m.evaluate(kObc2);
  // Nothing descreens it: B = 1.5, E = -q^2/(2 B) times the constant; surface (1.59 + 1.4)^2 (1.59/1.5)^6.
  EXPECT_NEAR(m.polar[0], -kObc2.coulomb * 4.0 / 3.0, 1e-12);
  EXPECT_NEAR(m.surface[0], 0.0679 * 2.99 * 2.99 * std::pow(1.06, 6), 1e-12);
  EXPECT_EQ(m.fx[0], 0.0);
}

TEST(GeneralizedBorn, AgreesWithPlainLoopsForAnySizeAndDensity)
{
  for (const auto &model : {kObc1, kObc2})
    for (const int n : {0, 1, 2, 3, 4, 5, 17, 64, 201})
      for (const double extent : {0.5, 4.0, 20.0, 1000.0}) {
        GeneralizedBornMolecule m = draw(n, extent, 100 * n + static_cast<unsigned>(extent));
        m.evaluate(model);
        const Reference expected = reference(model, m);
        for (int i = 0; i < n; ++i) {
          EXPECT_NEAR(m.born[i], double(expected.born[i]), 2e-11 * m.born[i]) << n << " " << extent;
          EXPECT_NEAR(m.polar[i] + m.surface[i], double(expected.energy[i]),
                      1e-10 * (1.0 + std::fabs(double(expected.energy[i]))));
        }
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

TEST(GeneralizedBorn, WhatIsNotANumberStaysSo)
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
  // Two atoms: the second's sphere of radius 1.2 passes out of and over the first of reduced radius 0.5.
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
