// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/chemistry.h"

#include "ala2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;
using testing::ElementsAre;

namespace {

/// Atoms (1-based) for which `is` holds.
template <class Is> std::vector<int> atoms(const Molecule &molecule, const Is &is)
{
  const Chemistry chemistry(molecule);
  std::vector<int> found;
  for (int i = 0; i < molecule.n_atoms(); ++i)
    if (is(chemistry, i)) found.push_back(i + 1);
  return found;
}

/// A central atom of this mass with hydrogens on it.
Molecule hydride(double mass, int hydrogens)
{
  Molecule molecule;
  molecule.mass = {mass};
  for (int i = 1; i <= hydrogens; ++i) {
    molecule.mass.push_back(1.008);
    molecule.bonds.push_back({0, i});
  }
  return molecule;
}

}    // namespace

TEST(Chemistry, ElementsAndGroupsOfAlanineDipeptide)
{
  const Molecule ala2 = tests::ala2();
  EXPECT_THAT(atoms(ala2, [](const Chemistry &c, int i) { return c.is_nitrogen(i); }), ElementsAre(7, 17));
  EXPECT_THAT(atoms(ala2, [](const Chemistry &c, int i) { return c.is_terminal_oxygen(i); }), ElementsAre(6, 16));
  EXPECT_THAT(atoms(ala2, [](const Chemistry &c, int i) { return c.is_carbonyl(i); }), ElementsAre(5, 15));
  EXPECT_THAT(atoms(ala2, [](const Chemistry &c, int i) { return c.is_carbon(i); }), ElementsAre(2, 5, 9, 11, 15, 19));
  EXPECT_EQ(atoms(ala2, [](const Chemistry &c, int i) { return c.is_hydrogen(i); }).size(), 12u);
}

TEST(Chemistry, OnlyPeptideBondsAreConjugated)
{
  const Molecule ala2 = tests::ala2();
  const Chemistry chemistry(ala2);
  std::vector<std::array<int, 2>> conjugated;
  for (const auto &[i, j] : ala2.bonds) {
    EXPECT_EQ(chemistry.is_conjugated(i, j), chemistry.is_conjugated(j, i));
    if (chemistry.is_conjugated(i, j)) conjugated.push_back({i + 1, j + 1});
  }
  EXPECT_THAT(conjugated, ElementsAre(ElementsAre(5, 7), ElementsAre(15, 17)));
}

TEST(Chemistry, MassesAreRoundedOrHeavy)
{
  // Hydrogen is recognized up to four times its mass, helium's; carbon by its rounded mass, an isotope of two more not.
  for (const double mass : {1.0, 1.008, 2.014, 4.03}) EXPECT_TRUE(Chemistry(hydride(mass, 0)).is_hydrogen(0)) << mass;
  EXPECT_FALSE(Chemistry(hydride(6.94, 0)).is_hydrogen(0));
  for (const double mass : {12.0, 12.011, 12.2}) EXPECT_TRUE(Chemistry(hydride(mass, 0)).is_carbon(0)) << mass;
  EXPECT_FALSE(Chemistry(hydride(14.0, 0)).is_carbon(0));
}

TEST(Chemistry, LightAtomsWithThreeNeighborsInvert)
{
  EXPECT_TRUE(Chemistry(hydride(14.007, 3)).inverts(0));     // ammonia
  EXPECT_FALSE(Chemistry(hydride(30.974, 3)).inverts(0));    // phosphine
  EXPECT_FALSE(Chemistry(hydride(12.011, 4)).inverts(0));    // methane
  EXPECT_FALSE(Chemistry(hydride(15.999, 2)).inverts(0));    // water
}
