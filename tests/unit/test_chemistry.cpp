// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_table.h"
#include "molecule/chemistry.h"

#include "ala2.h"
#include "molecule/recognition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

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

/// Ace-Ala-Nme with hydrogens of this mass. Their part comes from their neighbors, unless the total mass grows.
Molecule heavy_hydrogens(double mass, bool repartitioned)
{
  Molecule molecule = tests::ala2();
  for (const auto &[i, j] : tests::ala2().bonds)
    for (const auto &[light, heavy] : {std::pair{i, j}, std::pair{j, i}}) {
      if (molecule.mass[light] != 1.008) continue;
      molecule.mass[light] = mass;
      if (repartitioned) molecule.mass[heavy] -= mass - 1.008;
    }
  return molecule;
}

/// The same elements as in plain Ace-Ala-Nme, and an alpha carbon whose hand is known.
void expect_alanine(const Molecule &molecule, const std::string &scheme)
{
  const Chemistry plain(tests::ala2()), chemistry(molecule);
  EXPECT_EQ(chemistry.elements().of, plain.elements().of) << scheme;
  EXPECT_EQ(unknown_elements(molecule), "") << scheme;
  for (const auto &[i, j] : molecule.bonds) EXPECT_EQ(chemistry.is_conjugated(i, j), plain.is_conjugated(i, j)) << scheme;
  EXPECT_THAT(recognized_chemistry(molecule, {}, {}),
              testing::IsSupersetOf({"recognized stereo centers, which are kept: 9 (L)",
                                     "recognized conjugated C-N bonds, which stay planar: 5-7 (trans), 15-17 (trans)"}))
      << scheme;
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

TEST(Chemistry, ElementsFromRepartitionedMasses)
{
  // 3.024 is AMBER's and CHARMM-GUI's; OpenMM's manual suggests 1.5 to 4, GROMACS' -heavyh has 4.032.
  for (const double mass : {1.5, 2.0, 2.016, 2.5, 3.0, 3.024, 4.0, 4.032}) {
    const Molecule molecule = heavy_hydrogens(mass, true);
    expect_alanine(molecule, "repartitioned " + std::to_string(mass));
    EXPECT_TRUE(Chemistry(molecule).elements().repartitioned) << mass;
  }
  // Integer masses: the nitrogen atoms with a hydrogen have the mass of carbonyl carbons.
  Molecule integers = heavy_hydrogens(3.0, true);
  for (double &mass : integers.mass) mass = std::round(mass);
  expect_alanine(integers, "integers");
}

TEST(Chemistry, ElementsFromRepartitionedMassesByType)
{
  // A converter that gives all atoms of a type the mass of the first: alpha carbon and methyl groups have one mass.
  const Molecule right = heavy_hydrogens(3.024, true);
  for (const int first : {1, 8}) {
    Molecule molecule = right;
    for (const int i : {1, 8, 10, 18}) molecule.mass[i] = right.mass[first];
    expect_alanine(molecule, "type of atom " + std::to_string(first + 1));
  }
}

TEST(Chemistry, ElementsOfIsotopes)
{
  for (const double mass : {2.0, 2.014, 3.016}) expect_alanine(heavy_hydrogens(mass, false), "heavy hydrogens");
  Molecule labeled = tests::ala2();
  for (double &mass : labeled.mass) mass = mass > 15.0 ? 17.999 : mass > 13.0 ? 15.0001 : mass > 10.0 ? 13.00335 : 2.014;
  expect_alanine(labeled, "13C, 15N, 18O, 2H");
  EXPECT_FALSE(Chemistry(labeled).elements().repartitioned);
  Molecule one = tests::ala2();
  one.mass[4] = 13.003;
  one.mass[7] = 2.014;
  expect_alanine(one, "one 13C, one 2H");
  EXPECT_THAT(recognized_chemistry(one, {}, {}), testing::Contains("recognized masses: isotopes at atoms 5, 8"));
}

// Whatever the masses are.
TEST(Chemistry, GivenElementsDecide)
{
  const Molecule plain = tests::ala2();
  std::vector<std::string> symbols;
  for (const double mass : plain.mass) symbols.push_back(mass < 2 ? "H" : mass < 13 ? "C" : mass < 15 ? "N" : "O");
  for (const double mass : {1.0, 12.0, 14.0, 72.0}) {
    Molecule molecule = plain;
    molecule.mass.assign(22, mass);
    molecule.elements = symbols;
    expect_alanine(molecule, "all masses " + std::to_string(mass));
    EXPECT_THAT(recognized_chemistry(molecule, {}, {}),
                testing::Contains(testing::StartsWith("recognized elements: C 2 5 9 11 15 19, H 1 3 4")));
  }
  Molecule wrong = plain;
  wrong.elements = symbols;
  wrong.elements[6] = "P";
  EXPECT_FALSE(Chemistry(wrong).is_nitrogen(6));
  EXPECT_FALSE(Chemistry(wrong).inverts(6));
  // The keyword table and the table of masses have the same symbols.
  Molecule one = hydride(1.0, 0);
  for (const std::string &symbol : find_keyword("coordinates.elements")->words) {
    one.elements = {symbol};
    EXPECT_TRUE(Chemistry(one).elements().unknown().empty()) << symbol;
  }
}

// Of AMBER, GAFF and OPLS, and names of atoms.
TEST(Chemistry, LabelsOfTypesNameElementsWhereMassesDoNot)
{
  const Molecule plain = tests::ala2();
  const std::vector<std::map<char, std::vector<std::string>>> schemes = {
      {{'H', {"HC", "H", "H1"}}, {'C', {"CT", "C", "CA"}}, {'N', {"N", "NA"}}, {'O', {"O", "O2"}}},
      {{'H', {"hc", "hn"}}, {'C', {"c3", "c", "ca"}}, {'N', {"n", "na"}}, {'O', {"o"}}},
      {{'H', {"1HB", "HW", "D"}}, {'C', {"C_3", "Calpha", "CD"}}, {'N', {"N_R"}}, {'O', {"O:"}}}};
  for (const auto &scheme : schemes)
    for (const double mass : {1.0, 12.0, 72.0}) {
      Molecule molecule = plain;
      std::vector<std::string> labels;
      for (int i = 0; i < 22; ++i) {
        const double m = plain.mass[i];
        const auto &of = scheme.at(m < 2 ? 'H' : m < 13 ? 'C' : m < 15 ? 'N' : 'O');
        labels.push_back(of[i % of.size()]);
      }
      EXPECT_FALSE(name_elements(molecule, labels)) << "the masses tell them";
      EXPECT_TRUE(molecule.elements.empty());
      molecule.mass.assign(22, mass);
      EXPECT_TRUE(name_elements(molecule, labels)) << labels[0];
      expect_alanine(molecule, labels[0]);
      // A label that names none, and a hydrogen atom with two bonds.
      for (const std::string wrong : {"X1", "12", "", "HC"}) {
        Molecule other = plain;
        other.mass.assign(22, mass);
        labels[4] = wrong;
        EXPECT_FALSE(name_elements(other, labels)) << wrong;
        EXPECT_TRUE(other.elements.empty());
      }
      EXPECT_FALSE(name_elements(molecule, {}));
    }
  Molecule chlorides = hydride(5.0, 4);
  chlorides.mass.assign(5, 5.0);
  EXPECT_TRUE(name_elements(chlorides, {"Si", "Cl1", "CL", "br", "F"}));
  EXPECT_THAT(chlorides.elements, ElementsAre("Si", "Cl", "Cl", "Br", "F"));
}

TEST(Chemistry, MassesThatTellNoElementAreNamed)
{
  Molecule molecule = tests::ala2();
  EXPECT_EQ(unknown_elements(molecule), "");
  molecule.mass[6] = 7.5;
  EXPECT_THAT(unknown_elements(molecule),
              testing::HasSubstr("with so many bonds: atom 7 (mass 7.5, 3 bonds); peptide bonds"));
  for (const double mass : {1.0, 12.0, 72.0}) {
    molecule.mass.assign(22, mass);
    EXPECT_THAT(unknown_elements(molecule),
                testing::HasSubstr("all atoms have the mass " + std::to_string(int(mass)) + ", "));
  }
  // All heavy atoms look like carbon, but carbon has more than one bond.
  molecule = tests::ala2();
  for (double &mass : molecule.mass) mass = mass > 2.0 ? 12.0 : 1.0;
  EXPECT_THAT(unknown_elements(molecule), testing::HasSubstr("atom 6 (mass 12, 1 bond), atom 16 (mass 12, 1 bond)"));
  // A united atom has the mass of no element: CH3 is not 15N.
  EXPECT_FALSE(Chemistry(hydride(15.035, 0)).is_nitrogen(0));
}

TEST(Chemistry, TheLogNamesWhatWasRecognized)
{
  const Molecule ala2 = tests::ala2();
  EXPECT_THAT(recognized_chemistry(ala2, {}, {{0, 2, 3}, {11, 12, 13}}),
              ElementsAre("recognized stereo centers, which are kept: 9 (L)",
                          "recognized conjugated C-N bonds, which stay planar: 5-7 (trans), 15-17 (trans)",
                          "recognized rotors with equal ends: 1 3 4, 12 13 14"));
  // N-methylaziridine without its hydrogens: a ring with a pyramidal nitrogen.
  Molecule ring;
  ring.mass = {14.007, 12.011, 12.011, 12.011};
  ring.bonds = {{0, 1}, {0, 2}, {0, 3}, {1, 2}};
  ring.configuration = {0.0, 0.0, 0.0, 1.2, 0.7, 0.3, 1.2, -0.7, 0.3, -1.2, 0.0, 0.7};
  EXPECT_THAT(recognized_chemistry(ring, {}, {}),
              ElementsAre("recognized atoms that can invert: 1", "recognized rings: 1 2 3"));
}
