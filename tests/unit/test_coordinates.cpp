// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/coordinates.h"

#include "numeric.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;

namespace {
Config two_dimensional()
{
  Config c;
  c.cg = {{"s", {{"x", 1}, {"y", -1}}, {-2.6, 1.2}}};
  c.fine = {{"t", {{"x", 1}, {"y", 1}}}};
  return c;
}

/// Particles without bonds, as a linear map needs them.
Molecule particles(int n_atoms) { return {std::vector<double>(n_atoms, 1.0), {}, {}}; }

std::string message(const Config &config, int n_atoms, int dimension)
{
  try {
    make_coordinate_map(config, particles(n_atoms), dimension);
  } catch (const ConfigError &e) {
    return e.what();
  }
  return "no error";
}
}    // namespace

TEST(LinearMap, MixesCoordinatesByHand)
{
  const auto map = make_coordinate_map(two_dimensional(), particles(1), 2);
  EXPECT_TRUE(map->absolute());
  EXPECT_EQ(map->n_cv(), 1);
  EXPECT_EQ(map->n_fine(), 1);
  // x = 3, y = 1 (z is no coordinate): s = 2, t = 4; |d(s,t)/d(x,y)| = 2.
  const auto in = map->to_internal(at::tensor({3.0, 1.0, 9.0}, at::kDouble).view({1, 1, 3}));
  EXPECT_DOUBLE_EQ(in.s.item<double>(), 2.0);
  EXPECT_DOUBLE_EQ(in.fine.item<double>(), 4.0);
  EXPECT_DOUBLE_EQ(in.log_det.item<double>(), -std::log(2.0));
  const auto out = map->to_cartesian(in.s, in.fine);
  EXPECT_LT(largest(out.x - at::tensor({3.0, 1.0, 0.0}, at::kDouble).view({1, 1, 3})), 1e-14);
  EXPECT_DOUBLE_EQ(out.log_det.item<double>(), -std::log(2.0));
}

TEST(LinearMap, CompletesItselfByAnOrthonormalComplement)
{
  Config c = two_dimensional();
  c.fine.clear();
  const auto map = make_coordinate_map(c, particles(1), 2);
  const auto in = map->to_internal(at::tensor({3.0, 1.0, 0.0}, at::kDouble).view({1, 1, 3}));
  EXPECT_NEAR(std::abs(in.fine.item<double>()), 4.0 / std::sqrt(2.0), 1e-14);
  EXPECT_NEAR(in.log_det.item<double>(), -0.5 * std::log(2.0), 1e-14);
}

namespace {
using Rows = std::vector<std::vector<double>>;

/// The complement of one row as it is defined: of all unit vectors the one with the longest part outside the basis.
Rows complement_by_definition(std::vector<double> first)
{
  const auto length = [](const std::vector<double> &row) {
    double sum = 0.0;
    for (const double v : row) sum += v * v;
    return std::sqrt(sum);
  };
  const auto scale = [](std::vector<double> &row, double factor) {
    for (double &v : row) v *= factor;
  };
  const std::size_t n = first.size();
  scale(first, 1.0 / length(first));
  Rows basis{first};
  while (basis.size() < n) {
    std::vector<double> best;
    double best_norm = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> rest(n, 0.0);
      rest[i] = 1.0;
      for (int pass = 0; pass < 2; ++pass)
        for (const auto &b : basis) {
          double overlap = 0.0;
          for (std::size_t k = 0; k < n; ++k) overlap += b[k] * rest[k];
          for (std::size_t k = 0; k < n; ++k) rest[k] -= overlap * b[k];
        }
      if (length(rest) <= best_norm + 1e-12) continue;
      best = rest;
      best_norm = length(rest);
    }
    scale(best, 1.0 / best_norm);
    basis.push_back(best);
  }
  basis.erase(basis.begin());
  return basis;
}

/// One CG variable that mixes the first `mixed` coordinates.
Config mix_of(int mixed, bool equal)
{
  Config c;
  c.cg = {{"s", {}, {-1, 1}}};
  for (int i = 0; i < mixed; ++i)
    c.cg[0].linear[std::string(1, "xyz"[i % 3]) + std::to_string(i / 3 + 1)] = equal ? 1.0 : std::sin(1.0 + i);
  return c;
}
}    // namespace

TEST(LinearMap, ComplementHasTheBitsOfItsDefinition)
{
  for (const bool equal : {true, false})
    for (const int mixed : {2, 5, 21}) {
      const int atoms = 7, n = 3 * atoms;
      const Config c = mix_of(mixed, equal);
      const auto map = make_coordinate_map(c, particles(atoms), 3);
      std::vector<double> first(n, 0.0);
      for (int i = 0; i < mixed; ++i) first[i] = equal ? 1.0 : std::sin(1.0 + i);
      const Rows rows = complement_by_definition(first);
      // The columns of the map are the images of unit vectors.
      const Tensor fine = map->to_internal(at::eye(n, at::kDouble).view({n, atoms, 3})).fine;
      for (int k = 0; k < n - 1; ++k)
        for (int i = 0; i < n; ++i) ASSERT_EQ(fine[k][i].item<double>(), rows[k][i]) << mixed << " " << k << " " << i;
    }
}

TEST(LinearMap, OfThreeHundredAtomsTakesNoTime)
{
  for (const int mixed : {2, 900}) {
    const auto start = std::chrono::steady_clock::now();
    const auto map = make_coordinate_map(mix_of(mixed, false), particles(300), 3);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("  %d coordinates in the CG variable: %.2f s\n", mixed, seconds);
    EXPECT_LT(seconds, 20.0);    // below a second on a free core, where n^4 operations take many minutes
    const Tensor x = normals({2, 300, 3}, 1);
    const auto in = map->to_internal(x);
    EXPECT_LT(largest(map->to_cartesian(in.s, in.fine).x - x), 1e-10);
  }
}

TEST(LinearMap, RoundTripsManyAtomsAndKnowsItsJacobian)
{
  Config c;
  c.cg = {{"a", {{"x1", 1}, {"x2", -1}, {"z3", 0.3}}, {-1, 1}}, {"b", {{"y2", 2}, {"z1", 1}}, {-1, 1}}};
  const auto map = make_coordinate_map(c, particles(3), 3);
  EXPECT_EQ(map->n_fine(), 7);
  const Tensor x = normals({5, 3, 3}, 1);
  const auto in = map->to_internal(x);
  const auto out = map->to_cartesian(in.s, in.fine);
  EXPECT_LT(largest(out.x - x), 1e-13);
  Tensor jacobian = at::empty({9, 9}, at::kDouble);
  const Tensor q = at::cat({in.s, in.fine}, 0).select(1, 0);
  for (int i = 0; i < 9; ++i)
    jacobian[i] = finite_difference(
        [&](const Tensor &t) {
          const auto part = t.view({9, 1});
          return map->to_cartesian(part.narrow(0, 0, 2), part.narrow(0, 2, 7)).x.flatten()[i].item<double>();
        },
        q, 1e-3);
  EXPECT_NEAR(std::get<1>(at::linalg_slogdet(jacobian)).item<double>(), out.log_det[0].item<double>(), 1e-9);
}

TEST(LinearMap, PullsBackDerivativesByXAndByLogDetApart)
{
  Config planar = two_dimensional(), c;
  planar.fine.clear();
  c.cg = {{"a", {{"x1", 1}, {"x2", -1}, {"z3", 0.3}}, {-1, 1}}, {"b", {{"y2", 2}, {"z1", 1}}, {-1, 1}}};
  for (const auto &map : {make_coordinate_map(planar, particles(1), 2), make_coordinate_map(c, particles(3), 3)}) {
    const Tensor s = normals({map->n_cv(), 5}, 1), fine = normals({map->n_fine(), 5}, 2);
    const Tensor gx = normals({5, map->n_atoms(), 3}, 3), g_log_det = normals({5}, 4);
    const auto value = [&](const Tensor &at_s, const Tensor &at_fine) {
      return (map->to_cartesian(at_s, at_fine).x * gx).sum().item<double>();
    };
    const auto back = map->pull_back(s, fine, gx, g_log_det);
    EXPECT_LT(largest(back.by_x.s - finite_difference([&](const Tensor &t) { return value(t, fine); }, s)), 1e-9);
    EXPECT_LT(largest(back.by_x.fine - finite_difference([&](const Tensor &t) { return value(s, t); }, fine)), 1e-9);
    EXPECT_TRUE(at::equal(back.by_log_det.s, at::zeros_like(s)));
    EXPECT_TRUE(at::equal(back.by_log_det.fine, at::zeros_like(fine)));
    EXPECT_FALSE(map->pull_back(s, fine, gx, {}).by_log_det.fine.defined());
    EXPECT_FALSE(map->pull_back(s, fine, {}, g_log_det).by_x.fine.defined());
  }
}

TEST(LinearMap, RefusesBadMixesByName)
{
  Config c = two_dimensional();
  c.cg[0].linear = {{"x", 1}, {"w", 1}};
  EXPECT_THAT(message(c, 1, 2),
              HasSubstr("cg 's': unknown coordinate 'w' in a system of 1 atoms in 2 dimensions, expected x, y"));
  c = two_dimensional();
  c.fine[0].linear = {{"z", 1}};
  EXPECT_THAT(message(c, 1, 2), HasSubstr("fine 't': unknown coordinate 'z'"));
  c = two_dimensional();
  c.fine[0].linear = {{"x", 2}, {"y", -2}};
  EXPECT_THAT(message(c, 1, 2), HasSubstr("fine 't': it is a linear mix of the entries before it"));
  c.fine[0].linear = {{"x", 0}};
  EXPECT_THAT(message(c, 1, 2), HasSubstr("fine 't': all coefficients are zero"));
  c.fine[0].linear = {};
  EXPECT_THAT(message(c, 1, 2), HasSubstr("fine 't': got no coordinates, expected a linear mix of x, y"));
  c.fine[0].linear = {{"x", 1}, {"x1", 1}};
  EXPECT_THAT(message(c, 1, 2), HasSubstr("'x1' is given twice"));
  c.fine[0].linear = {{"x", std::nan("")}};
  EXPECT_THAT(message(c, 1, 2), HasSubstr("the coefficient of 'x' is not a finite number"));
  c = two_dimensional();
  c.fine[0].name = "s";
  EXPECT_THAT(message(c, 1, 2), HasSubstr("fine 's': the name is used twice"));
  c.fine[0].name = "";
  EXPECT_THAT(message(c, 1, 2), HasSubstr("a fine coordinate has an empty name"));
  c = two_dimensional();
  c.cg[0].linear = {{"x", 1}};
  c.fine.clear();
  EXPECT_THAT(message(c, 2, 2),
              HasSubstr("unknown coordinate 'x' in a system of 2 atoms in 2 dimensions, expected x1 to y2"));
}

TEST(LinearMap, RefusesWrongCounts)
{
  Config c = two_dimensional();
  EXPECT_THAT(message(c, 1, 3), HasSubstr("fine: got 1 fine coordinates beside 1 CG variables of a system of 3 coordinates, "
                                          "expected 2, or none"));
  c.fine.push_back({"u", {{"x", 1}}});
  EXPECT_THAT(message(c, 1, 2), HasSubstr("fine: got 2 fine coordinates"));
  c.fine.clear();
  c.cg.push_back({"r", {{"x", 1}}, {0, 1}});
  EXPECT_THAT(message(c, 1, 2), HasSubstr("cg: got 2 CG variables for a system of 2 coordinates, expected at most 1"));
  c.cg[1].linear.clear();
  EXPECT_THAT(message(c, 1, 2), HasSubstr("cg 'r': got no coordinate or several, expected exactly one of linear"));
  EXPECT_THAT(message(two_dimensional(), 1, 4), HasSubstr("got dimension 4, expected 2 or 3"));
  EXPECT_THAT(message(two_dimensional(), 0, 2), HasSubstr("a system of 0 atoms"));
}

TEST(CoordinateMap, RefusesMoleculesThatDoNotFit)
{
  Config c;
  c.cg.push_back({"phi", {}, {}, {1, 2, 3, 5}});
  Molecule m{{1, 1, 1, 1}, {{0, 1}, {1, 2}, {2, 3}}, {0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1}};
  const auto refused = [&](const Molecule &molecule, int dimension = 3) {
    try {
      make_coordinate_map(c, molecule, dimension);
    } catch (const ConfigError &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(refused(m), "cg 'phi': got atom 5 in dihedral, expected atom IDs from 1 to 4, the molecule's number of atoms");
  c.cg[0].dihedral = {1, 2, 3, 4};
  EXPECT_EQ(refused(m, 2), "cg 'phi': got the kind dihedral in a 2-dimensional system, expected dimension 3");
  EXPECT_EQ(refused({{1, 1, 1}, {{0, 1}, {1, 2}}, std::vector<double>(9)}),
            "cg 'phi': got the kind dihedral and a molecule of 3 atoms, expected at least 4");
  Molecule parts = m;
  parts.bonds.erase(parts.bonds.begin() + 1);
  EXPECT_THAT(refused(parts), HasSubstr("no way leads from atom 1 to atom 3"));
  Molecule shapeless = m;
  shapeless.configuration.clear();
  EXPECT_THAT(refused(shapeless), HasSubstr("without a structure of the molecule, expected the atomistic script"));
  c.coordinates.elements = {"C", "C", "H"};
  EXPECT_EQ(refused(m), "coordinates.elements: got 3 elements, expected 4, one for each atom of the molecule");
  c.coordinates.elements.clear();
  // Kinds are not mixed, whoever made the config.
  c.cg.push_back({"x", {{"x1", 1}}, {0, 1}});
  EXPECT_THAT(refused(m), HasSubstr("cg 'x': got the kind linear beside dihedral, expected linear for all"));
}

TEST(LinearMap, RefusesWrongShapes)
{
  const auto map = make_coordinate_map(two_dimensional(), particles(1), 2);
  EXPECT_THROW(map->to_internal(at::zeros({4, 2, 3}, at::kDouble)), ShapeError);
  EXPECT_THROW(map->to_internal(at::zeros({4, 1, 3}, at::kFloat)), ShapeError);
  const Tensor one = at::zeros({1, 4}, at::kDouble);
  EXPECT_THROW(map->to_cartesian(one, at::zeros({1, 3}, at::kDouble)), ShapeError);
  EXPECT_THROW(map->to_cartesian(at::zeros({2, 4}, at::kDouble), one), ShapeError);
  EXPECT_THROW(map->pull_back(one, at::zeros({1, 3}, at::kDouble), {}, {}), ShapeError);
  EXPECT_THROW(map->pull_back(one, one, at::zeros({3, 1, 3}, at::kDouble), {}), ShapeError);
  EXPECT_THROW(map->pull_back(one, one, {}, at::zeros({3}, at::kDouble)), ShapeError);
}
