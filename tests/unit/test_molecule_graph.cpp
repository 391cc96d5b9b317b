// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/molecule_graph.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;

namespace {
// 1-2-3-4 in a zigzag with unit bonds at right angles, 5 bonded to 2 by a bond of 2.
Molecule chain()
{
  return {{1, 1, 1, 1, 1}, {{0, 1}, {1, 2}, {1, 4}, {2, 3}}, {0, 0, 0, 1, 0, 0, 1, 1, 0, 2, 1, 0, 1, 0, 2}};
}
}    // namespace

TEST(MoleculeGraph, StretchedLengthByHand)
{
  // 5-2-3-4
  EXPECT_DOUBLE_EQ(stretched_length(chain()), 4.0);
  // A ring goes the short way round: 4-5 closes it, 1-2-3-4 is the longest of the shortest ways.
  Molecule ring = chain();
  ring.bonds.push_back({3, 4});
  EXPECT_DOUBLE_EQ(stretched_length(ring), 3.0);
  EXPECT_DOUBLE_EQ(stretched_length({{1.0}, {}, {0, 0, 0}}), 0.0);
  Molecule parts = chain();
  parts.bonds.pop_back();
  EXPECT_TRUE(std::isinf(stretched_length(parts)));
}

TEST(MoleculeGraph, ClosestAtomsByHand)
{
  Molecule m = chain();
  m.configuration[9] = 1.25;    // the fourth atom, beside the third
  const AtomPair pair = closest_atoms(m.configuration.data(), 5);
  EXPECT_EQ(pair.first, 2);
  EXPECT_EQ(pair.second, 3);
  EXPECT_DOUBLE_EQ(pair.distance, 0.25);
  EXPECT_EQ(closest_atoms(m.configuration.data(), 1).first, -1);
}

TEST(MoleculeGraph, MakesWholeOverPeriodicFacesOnly)
{
  const Molecule m = chain();
  auto x = m.configuration;
  // Atoms 3 and 4 by faces of an edge of 5 in x and of 6 in z, though their own distance is small all the time.
  x[6] += 10.0;
  x[9] += 5.0;
  x[11] -= 6.0;
  x[13] += 7.0;
  const double edge[3] = {5.0, 0.0, 6.0};
  make_whole(m, edge, x.data());
  auto expected = m.configuration;
  expected[13] += 7.0;    // y is not periodic
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_DOUBLE_EQ(x[i], expected[i]) << i;
}
