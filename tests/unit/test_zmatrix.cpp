// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/zmatrix.h"

#include "ala2.h"
#include "error_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace cgflow;
using Part = ZMatrix::Part;
using testing::HasSubstr;

namespace {

CgVariableConfig dihedral(const std::string &name, std::vector<int> atoms)
{
  CgVariableConfig entry;
  entry.name = name;
  entry.dihedral = std::move(atoms);
  return entry;
}

/// Six carbons in a row, 1 to 6, with another one, 7, on atom 3.
Molecule chain()
{
  Molecule m;
  m.mass.assign(7, 12.011);
  m.bonds = {{0, 1}, {1, 2}, {2, 3}, {2, 6}, {3, 4}, {4, 5}};
  m.configuration.assign(21, 0.0);
  return m;
}

/// Every atom once, each referring to different atoms of rows above, along bonds but for the dihedral of a sibling.
void expect_tree(const ZMatrix &z, const Molecule &molecule)
{
  const BondGraph graph(molecule);
  std::vector<bool> placed(molecule.n_atoms(), false);
  ASSERT_EQ(z.rows.size(), molecule.mass.size());
  for (std::size_t i = 0; i < z.rows.size(); ++i) {
    const ZRow &row = z.rows[i];
    EXPECT_FALSE(placed[row.atom]) << i;
    if (i > 0) EXPECT_TRUE(placed[row.bond] && graph.bonded(row.atom, row.bond)) << i;
    if (i > 1) EXPECT_TRUE(placed[row.angle] && graph.bonded(row.bond, row.angle)) << i;
    if (i > 2) {
      EXPECT_TRUE(placed[row.dihedral]) << i;
      EXPECT_TRUE(graph.bonded(row.angle, row.dihedral) != graph.bonded(row.bond, row.dihedral)) << i;
    }
    placed[row.atom] = true;
  }
}

}    // namespace

TEST(ZMatrix, HoldsTheCgVariablesOfAlanineDipeptide)
{
  const Molecule ala2 = tests::ala2();
  const ZMatrix z = build_zmatrix(ala2, {dihedral("phi", {5, 7, 9, 15}), dihedral("psi", {7, 9, 15, 17})});
  expect_tree(z, ala2);
  ASSERT_EQ(z.cg.size(), 2u);
  const auto atoms = [&](std::size_t k) {
    const ZRow &row = z.rows[z.cg[k].row];
    std::vector<int> ids{row.dihedral + 1, row.angle + 1, row.bond + 1, row.atom + 1};
    return ids.front() < ids.back() ? ids : std::vector<int>(ids.rbegin(), ids.rend());
  };
  EXPECT_EQ(z.cg[0].part, Part::dihedral);
  EXPECT_EQ(atoms(0), (std::vector<int>{5, 7, 9, 15}));
  EXPECT_EQ(atoms(1), (std::vector<int>{7, 9, 15, 17}));
}

TEST(ZMatrix, HasOneTorsionPerBondAndSiblingsBesideIt)
{
  const Molecule m = chain();
  const ZMatrix z = build_zmatrix(m, {dihedral("t", {1, 2, 3, 4})});
  expect_tree(z, m);
  // Atom 7 hangs on atom 3 beside atom 4, whose dihedral is the CG variable: it refers to its sibling.
  const auto row = std::find_if(z.rows.begin(), z.rows.end(), [](const ZRow &r) { return r.atom == 6; });
  EXPECT_EQ(*row, (ZRow{6, 2, 1, 3}));
}

TEST(ZMatrix, AnglesAndBondsHavePlacesToo)
{
  CgVariableConfig angle, bond;
  angle.name = "a";
  angle.angle = {3, 4, 5};
  bond.name = "b";
  bond.bond = {5, 6};
  const ZMatrix z = build_zmatrix(chain(), {angle, bond});
  expect_tree(z, chain());
  EXPECT_EQ(z.cg[0].part, Part::angle);
  EXPECT_EQ(z.cg[1].part, Part::bond);
  const ZRow &row = z.rows[z.cg[1].row];
  EXPECT_EQ(std::minmax(row.atom, row.bond), std::minmax(4, 5));
}

TEST(ZMatrix, VariablesThatNoTreeHoldsAreRefused)
{
  const auto error = [](const std::vector<CgVariableConfig> &cg) {
    return message<ConfigError>([&] { build_zmatrix(chain(), cg); });
  };
  EXPECT_THAT(error({dihedral("t", {1, 2, 4, 5})}), HasSubstr("cg 't': got atoms 1-2-4-5, but 2 and 4 are not bonded"));
  EXPECT_THAT(error({dihedral("t", {1, 2, 3, 4}), dihedral("u", {1, 2, 3, 7})}),
              HasSubstr("cg: 't', 'u' cannot be internal coordinates of one z-matrix side by side"));
  Molecule ring = chain();
  ring.bonds.push_back({0, 5});
  EXPECT_THAT(message<ConfigError>([&] {
                build_zmatrix(ring, {dihedral("t", {1, 2, 3, 4})});
              }),
              HasSubstr("which is part of a ring"));
}

TEST(ZMatrix, RowsOfTheUserAreReadAndChecked)
{
  const std::vector<std::string> rows{"1", "2 1", "3 2 1", "4 3 2 1", "7 3 2 4", "5 4 3 2", "6 5 4 3"};
  const std::vector<CgVariableConfig> cg{dihedral("t", {4, 3, 2, 1})};
  const ZMatrix z = read_zmatrix(rows, chain(), cg);
  EXPECT_EQ(z.rows[4], (ZRow{6, 2, 1, 3}));
  EXPECT_EQ(z.cg[0].row, 3);
  const auto error = [&](std::size_t row, const std::string &text) {
    auto changed = rows;
    changed[row] = text;
    return message<ConfigError>([&] { read_zmatrix(changed, chain(), cg); });
  };
  EXPECT_THAT(error(2, "3 2"), HasSubstr("zmatrix: row 3: got '3 2', expected 3 atom IDs"));
  EXPECT_THAT(error(2, "3 2 x"), HasSubstr("row 3: got 'x', expected atom IDs"));
  EXPECT_THAT(error(4, "9 3 2 4"), HasSubstr("row 5: got atom 9, expected atoms 1 to 7"));
  EXPECT_THAT(error(4, "4 3 2 1"), HasSubstr("row 5: got atom 4 again, expected each atom once"));
  EXPECT_THAT(error(3, "4 3 2 5"),
              HasSubstr("row 4: got a reference to atom 5, expected references to atoms of rows above"));
  EXPECT_THAT(error(3, "4 3 2 3"), HasSubstr("row 4: got atom 3 twice, expected different atoms"));
  EXPECT_THAT(message<ConfigError>([&] { read_zmatrix({"1"}, chain(), {}); }),
              HasSubstr("got 1 rows, expected one for each of the 7 atoms"));
  EXPECT_THAT(error(3, "4 3 1 2"), HasSubstr("the CG variable 't' (atoms 4-3-2-1) is in no row"));
}
