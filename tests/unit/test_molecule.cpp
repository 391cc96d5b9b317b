// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/molecule.h"

#include "cgflow/archive.h"
#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;
using testing::HasSubstr;

namespace {
Molecule water() { return {{16.0, 1.008, 1.008}, {{0, 1}, {0, 2}}, {0, 0, 0, 1, 0, 0, 0, 1, 0}}; }
}    // namespace

TEST(Molecule, FirstDifferenceIsNamed)
{
  const auto difference = [](const Molecule &other) { return molecule_difference(water(), "m.cgflow", other, "in.other"); };
  EXPECT_EQ(difference(water()), "");
  Molecule moved = water();
  moved.configuration[0] = 7.0;
  EXPECT_EQ(difference(moved), "");
  EXPECT_EQ(difference({{1.0}, {}, {}}), "m.cgflow has 3 atoms, in.other has 1");
  Molecule heavy = water();
  heavy.mass[2] = 2.016;
  EXPECT_EQ(difference(heavy), "m.cgflow has the mass 1.008 for atom 3, in.other has 2.016");
  heavy.mass[2] = 1.00801;
  EXPECT_EQ(difference(heavy), "");
  Molecule open = water();
  open.bonds.pop_back();
  EXPECT_EQ(difference(open), "m.cgflow has the bond 1-3, in.other has not");
  Molecule ring = water();
  ring.bonds.push_back({1, 2});
  EXPECT_EQ(difference(ring), "in.other has the bond 2-3, m.cgflow has not");
}

TEST(Molecule, ArchiveGivesItBack)
{
  Archive archive("model");
  put_molecule(archive, water());
  EXPECT_EQ(get_molecule(Archive::from_bytes(archive.to_bytes(), "model", "m")), water());
  const Molecule unknown{{0.0}, {}, {}};
  put_molecule(archive, unknown);
  EXPECT_EQ(get_molecule(archive), unknown);
}

TEST(Molecule, ArraysThatDoNotFitAreRefused)
{
  const auto refused = [](auto change) {
    Archive archive("model");
    put_molecule(archive, water());
    change(archive);
    try {
      get_molecule(archive);
    } catch (const ModelError &e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  const auto bonds = [&](const std::vector<std::int64_t> &values) {
    return refused([&](Archive &a) { a.put("molecule.bonds", values); });
  };
  EXPECT_EQ(refused([](Archive &a) {
              a.put("molecule.configuration", std::vector<double>{1, 2});
            }),
            "a new model: item 'molecule.configuration': got 2 coordinates, expected none or 9 for the 3 atoms of "
            "'molecule.mass'");
  EXPECT_EQ(bonds({0, 3}), "a new model: item 'molecule.bonds': number 2 is 3, expected 0 to 2");
  EXPECT_EQ(bonds({0}), "a new model: item 'molecule.bonds': got 1 numbers, expected two for each bond");
  const std::string rule = ", expected two different atoms, the lower one first, and bonds in order";
  EXPECT_EQ(bonds({0, 2, 0, 1}), "a new model: item 'molecule.bonds': bond 2 is of the atoms 1-2" + rule);
  EXPECT_EQ(bonds({0, 1, 0, 1}), "a new model: item 'molecule.bonds': bond 2 is of the atoms 1-2" + rule);
  EXPECT_EQ(bonds({1, 1}), "a new model: item 'molecule.bonds': bond 1 is of the atoms 2-2" + rule);
}
