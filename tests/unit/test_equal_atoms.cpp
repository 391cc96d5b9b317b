// SPDX-License-Identifier: GPL-2.0-only
#include "equal_atoms.h"

#include "ala2_conformers.h"
#include "error_message.h"
#include "internal_map.h"
#include "numeric.h"
#include "pair_springs.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;
using testing::HasSubstr;

namespace {
constexpr double kT = 0.6;

// Springs of one length each between heavy atoms only: hydrogens cannot be told apart.
class HeavyAtoms : public tests::PairSprings {
 public:
  explicit HeavyAtoms(const Molecule &m) : PairSprings(m, 0.0)
  {
    for (int i = 0; i < m.n_atoms(); ++i)
      for (int j = 0; j < i; ++j)
        if (m.mass[i] > 2.0 && m.mass[j] > 2.0) set_stiffness(i, j, 100.0);
  }
};
}    // namespace

TEST(EqualAtoms, AreThoseThatTheForceFieldDoesNotTellApart)
{
  const Molecule molecule = ala2::molecule();
  const auto map = make_internal_map(ala2::config(), molecule);
  HeavyAtoms same(molecule);
  EXPECT_EQ(require_equal_atoms(*map, same, kT, *map->start()), 4);
  EXPECT_EQ(same.evaluations, 4);

  HeavyAtoms other(molecule);
  other.set_stiffness(11, 5, 100.0);    // a hydrogen of C-beta
  EXPECT_THAT(message([&] { require_equal_atoms(*map, other, kT, *map->start()); }),
              AllOf(HasSubstr("coordinates: the atoms 12, "), HasSubstr("symmetry: no")));
}

TEST(EqualAtoms, AskForAFiniteEnergy)
{
  const Molecule molecule = ala2::molecule();
  const auto map = make_internal_map(ala2::config(), molecule);
  HeavyAtoms never(molecule);
  never.limit = -1.0;
  EXPECT_THAT(message([&] { require_equal_atoms(*map, never, kT, *map->start()); }), HasSubstr("is not finite"));
}
