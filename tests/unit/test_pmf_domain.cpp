// SPDX-License-Identifier: GPL-2.0-only
#include "model/pmf_domain.h"

#include "ala2.h"
#include "ala2_conformers.h"

#include <gtest/gtest.h>

using namespace cgflow;

namespace {

Molecule mirrored()
{
  Molecule molecule = tests::ala2();
  for (std::size_t i = 2; i < molecule.configuration.size(); i += 3) molecule.configuration[i] *= -1.0;
  return molecule;
}

Config without_restraints()
{
  Config config = ala2::config();
  config.coordinates.omega = "full";
  config.coordinates.symmetry = false;
  return config;
}

}    // namespace

TEST(PmfDomain, OfLinearVariablesIsAll)
{
  Config linear;
  linear.cg = {{"s", {{"x", 1}}, {0, 1}}};
  EXPECT_EQ(pmf_domain(linear, {}), "all");
}

TEST(PmfDomain, NamesTheHandednessOfTheStructure)
{
  EXPECT_EQ(pmf_domain(ala2::config(), tests::ala2()), "L, trans, one labelling");
  EXPECT_EQ(pmf_domain(ala2::config(), mirrored()), "D, trans, one labelling");
}

TEST(PmfDomain, LeavesOutWhatTheCoordinatesDoNotKeep)
{
  EXPECT_EQ(pmf_domain(without_restraints(), mirrored()), "D, cis and trans");
}

TEST(PmfDomain, NamesStereoCentersThatNoAminoAcidHas)
{
  // The acetyl group's methyl as CHDT.
  Molecule molecule = mirrored();
  molecule.mass[2] = 2.014;
  molecule.mass[3] = 3.016;
  EXPECT_EQ(pmf_domain(without_restraints(), molecule), "D, other centres as in the structure, cis and trans");
}
