// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/domain.h"

#include "ala2.h"
#include "ala2_conformers.h"

#include <gtest/gtest.h>

using namespace cgflow;

TEST(Domain, SaysWhatTheCoordinatesKeep)
{
  Config linear;
  linear.cg = {{"s", {{"x", 1}}, {0, 1}}};
  EXPECT_EQ(domain_of(linear, {}), "all");

  const Config config = ala2::config();
  Molecule molecule = tests::ala2();
  EXPECT_EQ(domain_of(config, molecule), "L, trans, one labelling");
  for (std::size_t i = 2; i < molecule.configuration.size(); i += 3) molecule.configuration[i] *= -1.0;
  EXPECT_EQ(domain_of(config, molecule), "D, trans, one labelling");

  Config free = config;
  free.coordinates.omega = "full";
  free.coordinates.symmetry = false;
  EXPECT_EQ(domain_of(free, molecule), "D, cis and trans");

  // The acetyl group's methyl as CHDT: a stereo centre that no amino acid has.
  molecule.mass[2] = 2.014;
  molecule.mass[3] = 3.016;
  EXPECT_EQ(domain_of(free, molecule), "D, other centres as in the structure, cis and trans");
}
