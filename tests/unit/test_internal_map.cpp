// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/internal_map.h"

#include "ala2_conformers.h"
#include "numeric.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;

namespace {

using Kind = FineCoordinate::Kind;

Tensor tensor(const std::vector<double> &values, at::IntArrayRef shape)
{
  return at::tensor(values, at::kDouble).view(shape);
}

Tensor positions(const std::vector<ala2::Conformer> &conformers)
{
  std::vector<double> x;
  for (const auto &c : conformers) x.insert(x.end(), c.x.begin(), c.x.end());
  return tensor(x, {static_cast<std::int64_t>(conformers.size()), 22, 3});
}

// All distances within a structure, which rotation and translation do not change: [22, 22].
Tensor distances(const Tensor &x) { return (x.unsqueeze(0) - x.unsqueeze(1)).square().sum(-1).add(1e-30).sqrt(); }

double signed_volume(const Tensor &x, int a, int b, int c, int d)
{
  return at::linalg_cross(x[b] - x[a], x[c] - x[a]).mul(x[d] - x[a]).sum().item<double>();
}

// The smallest deviation of distances over all cyclic exchanges of equal atoms.
double deviation(const Tensor &x, const Tensor &y, const std::vector<std::vector<int>> &equal)
{
  const Tensor from = distances(x);
  double best = 1e300;
  int all = 1;
  for (const auto &group : equal) all *= static_cast<int>(group.size());
  for (int k = 0; k < all; ++k) {
    std::vector<std::int64_t> order(22);
    for (int i = 0; i < 22; ++i) order[i] = i;
    int rest = k;
    for (const auto &group : equal) {
      const auto n = group.size();
      for (std::size_t j = 0; j < n; ++j) order[group[j]] = group[(j + rest) % n];
      rest /= static_cast<int>(n);
    }
    const Tensor index = at::tensor(order, at::kLong);
    best = std::min(best, largest(from - distances(y.index_select(0, index))));
  }
  return best;
}

std::string message(const Config &config, const Molecule &molecule)
{
  try {
    make_internal_map(config, molecule);
  } catch (const ConfigError &e) {
    return e.what();
  }
  return "no error";
}

// ln |d x / d(s, fine, rotation, translation)| of one structure, with rows of the Jacobian from pull_back().
double log_det_of_jacobian(const CoordinateMap &map, const Tensor &s, const Tensor &fine)
{
  const int n = 3 * map.n_atoms();
  const Tensor x = map.to_cartesian(s, fine).x[0];
  const auto rows = map.pull_back(s.expand({map.n_cv(), n}), fine.expand({map.n_fine(), n}),
                                  at::eye(n, at::kDouble).view({n, map.n_atoms(), 3}), {})
                        .by_x;
  Tensor jacobian = at::zeros({n, n}, at::kDouble);
  jacobian.narrow(1, 0, n - 6).copy_(at::cat({rows.s, rows.fine}, 0).t());
  for (int k = 0; k < 3; ++k) {
    Tensor axis = at::zeros({3}, at::kDouble);
    axis[k] = 1.0;
    jacobian.select(1, n - 6 + k).copy_(at::linalg_cross(axis.expand({map.n_atoms(), 3}), x).reshape({n}));
    jacobian.select(1, n - 3 + k).copy_(axis.expand({map.n_atoms(), 3}).reshape({n}));
  }
  return std::get<1>(at::linalg_slogdet(jacobian)).item<double>();
}

}    // namespace

TEST(InternalMap, HasThreeRotorsAndNarrowCoordinatesInAlanineDipeptide)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  EXPECT_FALSE(map->absolute());
  EXPECT_EQ(map->n_atoms(), 22);
  EXPECT_EQ(map->n_cv(), 2);
  ASSERT_EQ(map->n_fine(), 58);
  for (int k = 0; k < 58; ++k) {
    const auto &fine = map->fine()[k];
    EXPECT_EQ(fine.kind == Kind::circular, k < 3) << fine.name;
    if (k < 3) EXPECT_DOUBLE_EQ(fine.hi - fine.lo, 2.0 * std::numbers::pi / 3.0) << fine.name;
  }
  ASSERT_EQ(map->equal_atoms().size(), 3u);
  for (const auto &group : map->equal_atoms()) EXPECT_EQ(group.size(), 3u);
  EXPECT_TRUE(map->space()[0].periodic);
}

TEST(InternalMap, CgVariablesAgreeWithMdtraj)
{
  const auto conformers = ala2::conformers();
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const Tensor s = map->to_internal(positions(conformers)).s;
  for (std::size_t i = 0; i < conformers.size(); ++i) {
    const double expected[2] = {conformers[i].phi, conformers[i].psi};
    for (int k = 0; k < 2; ++k) {
      const double difference = std::remainder(s[k][i].item<double>() - expected[k], 360.0);
      EXPECT_LT(std::fabs(difference), 2e-2) << "conformer " << i;
    }
  }
}

TEST(InternalMap, RoundTripGivesTheSameStructureUpToEqualHydrogens)
{
  const auto conformers = ala2::conformers();
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const Tensor x = positions(conformers);
  const auto internal = map->to_internal(x);
  const auto back = map->to_cartesian(internal.s, internal.fine);
  int outside = 0;
  for (std::size_t i = 0; i < conformers.size(); ++i) {
    const bool inside = back.x[i].isfinite().all().item<bool>();
    // Dynamics at 300 and 600 K stays in the domain; random displacements may invert a center.
    if (i < 121) EXPECT_TRUE(inside) << "conformer " << i;
    if (!inside) {
      ++outside;
      continue;
    }
    EXPECT_LT(deviation(x[i], back.x[i], map->equal_atoms()), 1e-10) << "conformer " << i;
    EXPECT_GT(signed_volume(x[i], 8, 6, 10, 14) * signed_volume(back.x[i], 8, 6, 10, 14), 0.0) << "conformer " << i;
    EXPECT_NEAR(back.log_det[i].item<double>(), internal.log_det[i].item<double>(), 1e-10);
  }
  EXPECT_LT(outside, 60);
  // The second time the atoms already have the map's labels, and nothing changes.
  const auto again = map->to_internal(back.x);
  const Tensor finite = back.x.flatten(1).isfinite().all(1);
  EXPECT_LT(largest(at::where(finite, again.fine - internal.fine, 0.0)), 1e-10);
}

TEST(InternalMap, LogDeterminantIsThatOfTheJacobian)
{
  const auto conformers = ala2::conformers();
  for (const bool symmetry : {true, false}) {
    Config config = ala2::config();
    config.coordinates.symmetry = symmetry;
    const auto map = make_internal_map(config, ala2::molecule());
    for (const int i : {1, 30, 60, 61, 90, 120, 121, 150, 180, 200}) {
      const auto in = map->to_internal(tensor(conformers[i].x, {1, 22, 3}));
      const auto out = map->to_cartesian(in.s, in.fine);
      if (!out.x.isfinite().all().item<bool>()) continue;
      EXPECT_NEAR(out.log_det.item<double>(), log_det_of_jacobian(*map, in.s, in.fine), 1e-10) << "conformer " << i;
    }
  }
}

TEST(InternalMap, GradientsAreThoseOfFiniteDifferences)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const auto in = map->to_internal(tensor(ala2::conformers()[40].x, {1, 22, 3}));
  const Tensor gx = at::sin(at::arange(66, at::kDouble) * 1.7).view({1, 22, 3}), g_log_det = at::full({1}, 0.3, at::kDouble);
  const auto back = map->pull_back(in.s, in.fine, gx, g_log_det);
  for (int k = 0; k < 60; ++k) {
    const bool cg = k < 2;
    const int row = cg ? k : k - 2;
    const double h = cg ? 1e-3 : 1e-5;
    Tensor plus[2] = {in.s.clone(), in.fine.clone()}, minus[2] = {in.s.clone(), in.fine.clone()};
    plus[!cg][row][0] += h;
    minus[!cg][row][0] -= h;
    const auto up = map->to_cartesian(plus[0], plus[1]), down = map->to_cartesian(minus[0], minus[1]);
    const double by_x = ((up.x - down.x) * gx).sum().item<double>() / (2.0 * h);
    const double by_log_det = 0.3 * (up.log_det - down.log_det).item<double>() / (2.0 * h);
    const auto got = [&](const CoordinateMap::Gradient &g) { return (cg ? g.s : g.fine)[row][0].item<double>(); };
    EXPECT_NEAR(got(back.by_x), by_x, 1e-7 * (1.0 + std::fabs(by_x))) << k;
    EXPECT_NEAR(got(back.by_log_det), by_log_det, 1e-7 * (1.0 + std::fabs(by_log_det))) << k;
  }
  // Each part alone has the same bits.
  EXPECT_TRUE(at::equal(map->pull_back(in.s, in.fine, gx, {}).by_x.fine, back.by_x.fine));
  EXPECT_TRUE(at::equal(map->pull_back(in.s, in.fine, {}, g_log_det).by_log_det.s, back.by_log_det.s));
  EXPECT_FALSE(map->pull_back(in.s, in.fine, gx, {}).by_log_det.s.defined());
  EXPECT_FALSE(map->pull_back(in.s, in.fine, {}, g_log_det).by_x.s.defined());
}

TEST(InternalMap, MirrorImagesAndCisBondsLieOutsideTheDomain)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const Tensor x = tensor(ala2::conformers()[1].x, {1, 22, 3});
  EXPECT_TRUE(map->to_cartesian(map->to_internal(x).s, map->to_internal(x).fine).x.isfinite().all().item<bool>());
  const auto mirrored = map->to_internal(x * at::tensor({1.0, 1.0, -1.0}, at::kDouble));
  EXPECT_TRUE(map->to_cartesian(mirrored.s, mirrored.fine).x.isnan().all().item<bool>());
  for (int k = 0; k < map->n_fine(); ++k) {
    // omega: C2-C5-N7-C9 from either end.
    const std::string &name = map->fine()[k].name;
    if (name.find("2-5-7-9") == std::string::npos && name.find("9-7-5-2") == std::string::npos) continue;
    auto in = map->to_internal(x);
    in.fine[k][0] += 0.6 * std::numbers::pi;
    EXPECT_TRUE(map->to_cartesian(in.s, in.fine).x.isnan().all().item<bool>()) << name;
    return;
  }
  FAIL() << "no omega among the coordinates";
}

TEST(InternalMap, FilterOpensStereoCentresAndTakesWrongHandsOut)
{
  Config config = ala2::config();
  config.coordinates.chirality = "filter";
  const auto filter = make_internal_map(config, ala2::molecule()),
             built_in = make_internal_map(ala2::config(), ala2::molecule());
  const Tensor x = tensor(ala2::conformers()[1].x, {1, 22, 3});
  const auto in = filter->to_internal(x);
  EXPECT_TRUE(filter->to_cartesian(in.s, in.fine).x.isfinite().all().item<bool>());
  // H10 and C11 of the alpha carbon change places, relative to the carbonyl carbon: the D form.
  Tensor swapped = in.fine.clone(), turned = in.fine.clone();
  int found = 0;
  for (int k = 0; k < filter->n_fine(); ++k) {
    const std::string &name = filter->fine()[k].name;
    if (name != "dihedral 10-9-7-15" && name != "dihedral 11-9-7-15") continue;
    swapped[k][0] = -swapped[k][0];
    // A single branch leaves its interval without a change of chirality. The built-in domain ends there, the filter's does not.
    if (name == "dihedral 10-9-7-15") turned[k][0] = (turned[k][0] > 0.0).item<bool>() ? 3.3 : -3.3;
    ++found;
  }
  ASSERT_EQ(found, 2);
  EXPECT_TRUE(filter->to_cartesian(in.s, swapped).x.isnan().all().item<bool>());
  EXPECT_TRUE(built_in->to_cartesian(in.s, swapped).x.isnan().all().item<bool>());
  EXPECT_TRUE(filter->to_cartesian(in.s, turned).x.isfinite().all().item<bool>());
  EXPECT_TRUE(built_in->to_cartesian(in.s, turned).x.isnan().all().item<bool>());
}

TEST(InternalMap, OmegaTurnsFreelyWhenAsked)
{
  Config config = ala2::config();
  config.coordinates.omega = "full";
  const auto map = make_internal_map(config, ala2::molecule());
  int rotors = 0;
  for (const auto &fine : map->fine()) rotors += fine.kind == Kind::circular;
  EXPECT_EQ(rotors, 5);
}

TEST(InternalMap, StartIsTheConfigurationWithThermalWidths)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const auto start = map->start();
  ASSERT_TRUE(start);
  const auto x = map->to_cartesian(start->s.unsqueeze(1), start->fine.unsqueeze(1)).x[0];
  EXPECT_LT(deviation(tensor(ala2::molecule().configuration, {22, 3}), x, map->equal_atoms()), 1e-10);
  for (int k = 0; k < 58; ++k) EXPECT_EQ(start->scale[k].item<double>() > 0.0, k >= 3);
}

TEST(InternalMap, TakesBondsAndAnglesAsCgVariables)
{
  Config config = ala2::config();
  config.cg.resize(3);
  config.cg[1] = {"theta", {}, {80, 150}, {}, {7, 9, 15}, {}};
  config.cg[2] = {"r", {}, {1, 2}, {}, {}, {9, 15}};
  const auto map = make_internal_map(config, ala2::molecule());
  const Tensor x = tensor(ala2::conformers()[5].x, {1, 22, 3});
  const auto in = map->to_internal(x);
  EXPECT_NEAR(in.s[2][0].item<double>(), distances(x[0])[8][14].item<double>(), 1e-12);
  const Tensor a = x[0][6] - x[0][8], b = x[0][14] - x[0][8];
  const double cosine = ((a * b).sum() / (a.norm() * b.norm())).item<double>();
  EXPECT_NEAR(in.s[1][0].item<double>(), std::acos(cosine) * 180.0 / std::numbers::pi, 1e-10);
  EXPECT_NEAR(in.log_det.item<double>(), log_det_of_jacobian(*map, in.s, in.fine), 1e-10);
}

TEST(InternalMap, UserRowsReplaceTheBuiltOnes)
{
  Config config = ala2::config();
  config.coordinates.zmatrix = {"5",           "7 5",         "9 7 5",       "15 9 7 5",   "17 15 9 7",  "10 9 7 15",
                                "11 9 7 15",   "2 5 7 9",     "6 5 7 2",     "8 7 5 9",    "1 2 5 7",    "3 2 5 1",
                                "4 2 5 1",     "12 11 9 7",   "13 11 9 12",  "14 11 9 12", "16 15 9 17", "19 17 15 9",
                                "18 17 15 19", "20 19 17 15", "21 19 17 20", "22 19 17 20"};
  const auto map = make_internal_map(config, ala2::molecule());
  const Tensor x = tensor(ala2::conformers()[5].x, {1, 22, 3});
  const auto in = map->to_internal(x);
  EXPECT_LT(deviation(x[0], map->to_cartesian(in.s, in.fine).x[0], map->equal_atoms()), 1e-10);
  config.coordinates.zmatrix[3] = "15 9 7 99";
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("row 4: got atom 99, expected atoms 1 to 22"));
  config.coordinates.zmatrix[3] = "15 9 7 22";
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("row 4: got a reference to atom 22"));
  config.coordinates.zmatrix[3] = "15 9 7";
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("row 4: got '15 9 7', expected 4 atom IDs"));
  config.coordinates.zmatrix[3] = "15 9 x 7";
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("row 4: got 'x', expected atom IDs"));
  config.coordinates.zmatrix[3] = "7 9 5 7";
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("row 4: got atom 7 again"));
  config.coordinates.zmatrix[3] = "15 9 7 5";
  config.coordinates.zmatrix[4] = "17 15 9 10";
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("row 5: got a reference to atom 10"));
  config.coordinates.zmatrix.pop_back();
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("got 21 rows, expected one for each of the 22 atoms"));
}

TEST(InternalMap, RefusesWhatCannotBeCoordinates)
{
  Config config = ala2::config();
  config.cg[1].dihedral = {7, 9, 15, 19};
  EXPECT_THAT(
      message(config, ala2::molecule()),
      HasSubstr("cg 'psi': got atoms 7-9-15-19, but 15 and 19 are not bonded; expected atoms that are bonded in a row"));
  config.cg[1].dihedral = {8, 7, 9, 15};
  EXPECT_THAT(message(config, ala2::molecule()), HasSubstr("'phi', 'psi' cannot be internal coordinates of one z-matrix"));

  Molecule straight = ala2::molecule();
  for (int k = 0; k < 3; ++k)    // O6 in line with N7-C5
    straight.configuration[15 + k] = 2.0 * straight.configuration[12 + k] - straight.configuration[18 + k];
  EXPECT_THAT(message(ala2::config(), straight), HasSubstr("degrees in its configuration; dihedrals there are not defined"));

  Molecule ring = ala2::molecule();
  ring.bonds.push_back({6, 14});    // 7-15 closes a ring over 9
  EXPECT_THAT(message(ala2::config(), ring), HasSubstr("which is part of a ring"));
}
