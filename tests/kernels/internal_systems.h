// SPDX-License-Identifier: GPL-2.0-only
// Z-matrices of several shapes with values for them, for tests of the kernels of internal coordinates.
#ifndef CGFLOW_TESTS_INTERNAL_SYSTEMS_H
#define CGFLOW_TESTS_INTERNAL_SYSTEMS_H

#include "ala2.h"
#include "molecule/zmatrix.h"

#include "cgflow/random.h"
#include "kernels/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace cgflow::tests {

constexpr double kPi = std::numbers::pi;
constexpr int kBatches[] = {0, 1, 7, 16, 17, 64, 257};

struct InternalSystem {
  std::string name;
  kernels::InternalLayout layout;
  kernels::InternalSources sources;
  kernels::InternalRanges ranges;

  int n_atoms() const { return layout.n_atoms(); }
  int n_cv() const { return sources.n_cv; }
  int n_fine() const { return layout.n_internal() - n_cv(); }
};

// Sources in another order, the first n_cv in degrees, without couplings; dihedrals around zero.
inline InternalSystem system(const std::string &name, const std::vector<kernels::ZRow> &rows, int n_cv)
{
  InternalSystem out{name, kernels::InternalLayout(rows), {}, {}};
  const int n = out.layout.n_internal();
  out.sources.n_cv = n_cv;
  for (int k = 0; k < n; ++k) {
    const int from = n - 1 - k;
    out.sources.source.push_back({from, from < n_cv ? kPi / 180.0 : 1.0, 0.0});
  }
  out.sources.lo.assign(n - n_cv, -1e4);
  out.sources.hi.assign(n - n_cv, 1e4);
  out.ranges.q.resize(n);
  out.ranges.z.resize(n);
  for (int row = 3; row < out.n_atoms(); ++row) out.ranges.q[out.layout.dihedral(row)] = {-kPi, 2.0 * kPi};
  return out;
}

// Each methyl group is one rotor, with the second and third hydrogen at thirds of a turn.
inline InternalSystem ala2_system()
{
  const Molecule molecule = ala2();
  std::vector<CgVariableConfig> cg(2);
  cg[0].name = "phi";
  cg[0].dihedral = {5, 7, 9, 15};
  cg[1].name = "psi";
  cg[1].dihedral = {7, 9, 15, 17};
  const ZMatrix z = build_zmatrix(molecule, cg);
  InternalSystem out = system("alanine dipeptide", z.rows, 0);
  out.sources.n_cv = 2;
  out.sources.lo.resize(58);
  out.sources.hi.resize(58);
  std::vector<bool> taken(60, false);
  int next = 2;
  for (int k = 0; k < 2; ++k) {
    const int raw = out.layout.dihedral(z.cg[k].row);
    out.sources.source[raw] = {k, kPi / 180.0, 0.0};
    taken[raw] = true;
  }
  for (int raw = 59; raw >= 0; --raw)
    if (!taken[raw]) out.sources.source[raw] = {next++, 1.0, 0.0};
  for (int i = 3; i < out.n_atoms(); ++i) {
    std::vector<int> siblings;
    for (int k = i + 1; k < out.n_atoms(); ++k)
      if (z.rows[k].dihedral == z.rows[i].atom && z.rows[k].bond == z.rows[i].bond) siblings.push_back(k);
    const bool hydrogens = siblings.size() == 2 && molecule.mass[z.rows[i].atom] < 2.0 &&
                           molecule.mass[z.rows[siblings[0]].atom] < 2.0 && molecule.mass[z.rows[siblings[1]].atom] < 2.0;
    if (!hydrogens) continue;
    const int raw = out.layout.dihedral(i);
    out.ranges.rotors.push_back({raw, static_cast<int>(out.ranges.ends.size()), 3});
    out.ranges.ends.push_back(z.rows[i].atom);
    out.ranges.z[raw] = {-kPi / 3.0, 2.0 * kPi / 3.0};
    for (int k = 0; k < 2; ++k) {
      const double ideal = (k ? -2.0 : 2.0) * kPi / 3.0;
      const int sibling = out.layout.dihedral(siblings[k]);
      out.ranges.ends.push_back(z.rows[siblings[k]].atom);
      out.ranges.q[sibling].lo += ideal;
      out.sources.couplings.push_back({raw, sibling, -1.0 / 3.0});
      out.sources.source[raw].offset += ideal / 3.0;
    }
  }
  return out;
}

inline std::vector<InternalSystem> internal_systems()
{
  return {ala2_system(), system("ring", {{0}, {1, 0}, {2, 1, 0}, {3, 2, 1, 0}, {4, 3, 2, 1}, {5, 4, 3, 2}}, 3),
          system("third atom on the first", {{2}, {0, 2}, {1, 2, 0}, {4, 2, 0, 1}, {3, 0, 2, 1}, {5, 4, 2, 3}}, 1),
          system("third atom on the second", {{3}, {1, 3}, {0, 1, 3}, {2, 0, 1, 3}, {4, 1, 3, 0}}, 0),
          system("three atoms", {{0}, {1, 0}, {2, 1, 0}}, 1)};
}

/// z [3 n - 6, batch] of thermal structures, each coordinate in its range: the first n_cv rows are s, the others fine.
inline std::vector<double> thermal_values(const InternalSystem &system, int batch, std::uint64_t stream)
{
  RandomStream random(7, Stream::test, stream);
  const int n = system.layout.n_internal(), n_atoms = system.n_atoms();
  std::vector<double> z(static_cast<std::size_t>(n) * batch);
  for (int i = 0; i < batch; ++i)
    for (int k = 0; k < n; ++k) {
      const auto &source = system.sources.source[k];
      const double u = random.uniform();
      double value = k < n_atoms - 1 ? 0.9 + u : (k < 2 * n_atoms - 3 ? 1.0 + 1.4 * u : -3.0 + 6.0 * u);
      const auto &range = system.ranges.z[k];
      if (range.period > 0.0) value = range.lo + range.period * (0.02 + 0.96 * u);
      // Siblings of a rotor's first end stay near their thirds of a turn.
      const auto is_sibling = [&](const auto &c) { return c.from == k; };
      if (std::any_of(system.sources.couplings.begin(), system.sources.couplings.end(), is_sibling))
        value = system.ranges.q[k].lo + kPi + 0.2 * (u - 0.5);
      z[static_cast<std::size_t>(source.from) * batch + i] = value / source.factor;
    }
  return z;
}

/// Expects |a - b| within `tolerance` times the largest |b| of the same structure, and NaN where b is NaN.
inline void expect_close(const std::vector<double> &a, const std::vector<double> &b, int batch, bool batch_innermost,
                         double tolerance, const std::string &where)
{
  ASSERT_EQ(a.size(), b.size());
  if (batch == 0) return;
  const std::size_t size = a.size() / batch;
  for (int i = 0; i < batch; ++i) {
    const auto index = [&](std::size_t k) { return batch_innermost ? k * batch + i : i * size + k; };
    double largest = 1.0;
    for (std::size_t k = 0; k < size; ++k)
      if (std::isfinite(b[index(k)])) largest = std::max(largest, std::fabs(b[index(k)]));
    for (std::size_t k = 0; k < size; ++k) {
      const double got = a[index(k)], expected = b[index(k)];
      if (std::isfinite(expected))
        ASSERT_NEAR(got, expected, tolerance * largest) << where << ", structure " << i << " of " << batch << ", " << k;
      else
        ASSERT_TRUE(std::isnan(expected) ? std::isnan(got) : got == expected) << where << ", structure " << i << ", " << k;
    }
  }
}

inline std::vector<double> weights(std::size_t n)
{
  std::vector<double> w(n);
  for (std::size_t i = 0; i < n; ++i) w[i] = std::sin(1.7 * static_cast<double>(i) + 0.3);
  return w;
}

}    // namespace cgflow::tests

#endif
