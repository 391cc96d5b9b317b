// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/bond_graph.h"

#include "error_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

namespace {

Molecule molecule(std::vector<std::array<int, 2>> bonds)
{
  Molecule m;
  m.mass.assign(5, 1.0);
  m.bonds = std::move(bonds);
  return m;
}

/// 1-2-3-4 in a row, 5 bonded to 2.
Molecule chain() { return molecule({{0, 1}, {1, 2}, {1, 4}, {2, 3}}); }
/// The same with a ring: 5 bonded to 4 as well.
Molecule ring() { return molecule({{0, 1}, {1, 2}, {1, 4}, {2, 3}, {3, 4}}); }

}    // namespace

TEST(BondGraph, NeighborsAscend)
{
  const BondGraph graph(chain());
  EXPECT_THAT(graph.neighbours(1), ElementsAre(0, 2, 4));
  EXPECT_THAT(graph.neighbours(3), ElementsAre(2));
  EXPECT_TRUE(graph.bonded(4, 1) && graph.bonded(1, 4));
  EXPECT_FALSE(graph.bonded(0, 2));
}

TEST(BondGraph, FindsRingsAndBranches)
{
  EXPECT_FALSE(BondGraph(chain()).in_ring(1, 4));
  EXPECT_TRUE(BondGraph(ring()).in_ring(1, 4));
  EXPECT_FALSE(BondGraph(ring()).in_ring(0, 1));
  EXPECT_EQ(BondGraph(chain()).branch_size(1, 2), 2);
  EXPECT_EQ(BondGraph(chain()).branch_size(2, 1), 3);
  // In a ring the branch comes round to `from`, which is not counted.
  EXPECT_EQ(BondGraph(ring()).branch_size(1, 2), 4);
}

TEST(BondGraph, WalksBreadthFirst)
{
  std::vector<std::pair<int, int>> steps;
  std::vector<char> seen(5, 0);
  BondGraph(ring()).walk(0, seen, [&](int from, int to) { steps.emplace_back(from, to); });
  EXPECT_THAT(steps, ElementsAre(Pair(0, 1), Pair(1, 2), Pair(1, 4), Pair(2, 3)));
  EXPECT_THAT(seen, ElementsAre(1, 1, 1, 1, 1));
}

TEST(BondGraph, PartsAreNamed)
{
  EXPECT_EQ(message([] { BondGraph(chain()).require_connected(); }), "no error");
  EXPECT_EQ(message([] { BondGraph(Molecule()).require_connected(); }), "no error");
  EXPECT_THAT(message<ConfigError>([] {
                BondGraph(molecule({{0, 1}, {2, 3}, {3, 4}})).require_connected();
              }),
              HasSubstr("no way leads from atom 1 to atom 3"));
  EXPECT_THAT(message<ConfigError>([] { BondGraph(molecule({})).require_connected(); }),
              HasSubstr("have no bonds, which define its coordinates; a force field without bonds"));
}

TEST(BondGraph, BondsOfAtomsThatDoNotExistAreRefused)
{
  const auto error = [](int a, int b) { return message<ConfigError>([&] { BondGraph(molecule({{a, b}})); }); };
  EXPECT_EQ(error(1, 5), "molecule: got a bond between atoms 2 and 6, expected two different ones of 1 to 5");
  EXPECT_EQ(error(-1, 2), "molecule: got a bond between atoms 0 and 3, expected two different ones of 1 to 5");
  EXPECT_EQ(error(3, 3), "molecule: got a bond between atoms 4 and 4, expected two different ones of 1 to 5");
}
