// SPDX-License-Identifier: GPL-2.0-only
#include "training/equal_atoms.h"

#include "ala2_conformers.h"
#include "coordinates/internal_map.h"
#include "error_message.h"
#include "numeric.h"
#include "pair_springs.h"
#include "rank_threads.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

using namespace cgflow;
using cgflow_test::run_ranks;
using testing::Each;
using testing::HasSubstr;

namespace {
constexpr double kT = 0.6;

// Springs between heavy atoms only, so that hydrogens cannot be told apart.
class HeavyAtoms : public tests::PairSprings {
 public:
  explicit HeavyAtoms(const Molecule &m) : PairSprings(m, 0.0)
  {
    for (int i = 0; i < m.n_atoms(); ++i)
      for (int j = 0; j < i; ++j)
        if (m.mass[i] > 2.0 && m.mass[j] > 2.0) set_stiffness(i, j, 100.0);
  }
};

// An energy model that can be made to fail.
class Failing : public EnergyModel {
 public:
  Failing(EnergyModel &energy, bool fails) : energy_(energy), fails_(fails) {}
  int n_atoms() const override { return energy_.n_atoms(); }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    if (fails_) throw EnergyError("out of order");
    energy_.evaluate(n, x, energy, force);
  }

 private:
  EnergyModel &energy_;
  bool fails_;
};
}    // namespace

TEST(EqualAtoms, AreThoseThatTheForceFieldDoesNotTellApart)
{
  const Molecule molecule = ala2::molecule();
  const auto map = make_internal_map(ala2::config(), molecule);
  SerialCommunicator one;
  HeavyAtoms same(molecule);
  EXPECT_EQ(require_equal_atoms(*map, same, kT, *map->start(), one), 4);
  EXPECT_EQ(same.evaluations, 4);

  HeavyAtoms other(molecule);
  other.set_stiffness(11, 5, 100.0);    // a hydrogen of C-beta
  EXPECT_THAT(message([&] { require_equal_atoms(*map, other, kT, *map->start(), one); }),
              AllOf(HasSubstr("coordinates: the atoms 12, "), HasSubstr("symmetry: no")));
}

TEST(EqualAtoms, AskForAFiniteEnergy)
{
  const Molecule molecule = ala2::molecule();
  const auto map = make_internal_map(ala2::config(), molecule);
  SerialCommunicator one;
  HeavyAtoms never(molecule);
  never.limit = -1.0;
  EXPECT_THAT(message([&] { require_equal_atoms(*map, never, kT, *map->start(), one); }),
              HasSubstr("is not finite; its closest atoms "));
}

TEST(EqualAtoms, AreCheckedByAllRanksTogether)
{
  const Molecule molecule = ala2::molecule();
  const auto map = make_internal_map(ala2::config(), molecule);
  for (const int ranks : {2, 3, 6}) {    // with 4 evaluations, some of 6 ranks have none
    std::vector<std::int64_t> counted(ranks), made(ranks);
    std::vector<std::string> told_apart(ranks), failed(ranks);
    run_ranks(ranks, [&](Communicator &comm) {
      HeavyAtoms same(molecule), other(molecule);
      counted[comm.rank()] = require_equal_atoms(*map, same, kT, *map->start(), comm);
      made[comm.rank()] = same.evaluations;
      other.set_stiffness(11, 5, 100.0);
      told_apart[comm.rank()] = message([&] { require_equal_atoms(*map, other, kT, *map->start(), comm); });
      Failing last(same, comm.rank() == comm.size() - 1);
      failed[comm.rank()] = message<EnergyError>([&] { require_equal_atoms(*map, last, kT, *map->start(), comm); });
    });
    EXPECT_THAT(counted, Each(4));
    EXPECT_EQ(std::accumulate(made.begin(), made.end(), std::int64_t{0}), 4);
    EXPECT_THAT(told_apart, Each(HasSubstr("coordinates: the atoms 12, ")));
    EXPECT_THAT(failed, Each("out of order"));
  }
}
