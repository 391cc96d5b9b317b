// SPDX-License-Identifier: GPL-2.0-only
#include "training/relaxed_structure.h"

#include "ala2_conformers.h"
#include "coordinates/internal_map.h"
#include "numeric.h"
#include "pair_springs.h"
#include "rank_threads.h"
#include "training/energy_batch.h"

#include <gtest/gtest.h>

using namespace cgflow;
using namespace cgflow_test;

namespace {

constexpr double kT = 0.6;

// A start half a width away from the minimum in each coordinate.
CoordinateMap::Start displaced(const CoordinateMap &map)
{
  auto start = *map.start();
  start.fine = start.fine + 0.5 * start.scale * normals({map.n_fine()}, 4);
  return start;
}

}    // namespace

TEST(RelaxedStructure, IsAtAMinimumAtItsOwnCgPoint)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  tests::PairSprings springs(tests::at_start(*map, ala2::molecule()), 400.0);
  const auto start = displaced(*map);
  SerialCommunicator serial;
  const RelaxedStructure relaxed = relax_structure(*map, springs, kT, start, serial);
  EXPECT_EQ(relaxed.evaluations, springs.evaluations);
  EXPECT_LE(relaxed.evaluations, 210);
  EXPECT_TRUE(at::equal(relaxed.start.s, start.s));

  const Tensor s = start.s.unsqueeze(1), fine = relaxed.start.fine.unsqueeze(1);
  const EnergyBatch energy = evaluate_energies(springs, map->to_cartesian(s, fine).x, kT);
  const auto back = map->pull_back(s, fine, energy.gradient, at::ones({1}, at::kDouble));
  const Tensor g = (back.by_x.fine - back.by_log_det.fine).squeeze(1);
  EXPECT_LT(largest(g.narrow(0, 3, 55) * start.scale.narrow(0, 3, 55)), 0.1);
  // The volume element shifts the springs' own structure by a small fraction of a width.
  EXPECT_LT(largest((relaxed.start.fine - map->start()->fine).narrow(0, 3, 55) / start.scale.narrow(0, 3, 55)), 0.3);
}

TEST(RelaxedStructure, StaysWhereNothingCanBeEvaluated)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  tests::PairSprings springs(tests::at_start(*map, ala2::molecule()), 400.0);
  springs.limit = 0.0;
  const auto start = displaced(*map);
  SerialCommunicator serial;
  EXPECT_TRUE(at::equal(relax_structure(*map, springs, kT, start, serial).start.fine, start.fine));
}

TEST(RelaxedStructure, IsOneOnAllRanks)
{
  const auto map = make_internal_map(ala2::config(), ala2::molecule());
  const auto start = displaced(*map);
  tests::PairSprings springs(tests::at_start(*map, ala2::molecule()), 400.0);
  SerialCommunicator serial;
  const RelaxedStructure one = relax_structure(*map, springs, kT, start, serial);
  run_ranks(2, [&](Communicator &comm) {
    tests::PairSprings mine(tests::at_start(*map, ala2::molecule()), 400.0);
    const RelaxedStructure two = relax_structure(*map, mine, kT, start, comm);
    EXPECT_TRUE(at::equal(two.start.fine, one.start.fine));
    EXPECT_EQ(two.evaluations, one.evaluations);
  });
}
