// SPDX-License-Identifier: GPL-2.0-only
// Copies of the molecule in one child LAMMPS give what one molecule gives, or the child evaluates one at a time.
#include "child_fixture.h"

#include "input.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

TEST_F(Child, NumberOfCopiesDoesNotMatterInAField)
{
  const auto x = points(100, 2);
  auto one = field(particle(kField), 1);
  const auto reference = evaluate(*one, x);
  for (const int copies : {2, 7, 64}) {
    auto child = field(particle(kField), copies);
    EXPECT_EQ(child->copies(), copies);
    expect_near(evaluate(*child, x), reference, 1e-12);
  }
}

TEST_F(Child, CopiesOfOneParticleDoNotSeeEachOther)
{
  // A pair style that would repel copies at the same place strongly.
  std::string text = particle("pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\n" + kField);
  text.replace(text.find("boundary f f p"), 14, "boundary f f f");
  auto child = field(text, 64);
  EXPECT_EQ(child->copies(), 64);
  const auto x = points(64, 3);
  const auto r = evaluate(*child, x);
  for (int i = 0; i < 64; ++i) EXPECT_NEAR(r.energy[i], mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
}

TEST_F(Child, ParticleThatSeesItsOwnImagesIsEvaluatedAlone)
{
  // Periodic in z with edge 1: images at 1 and 2 count half each, twice.
  auto child = field(particle("pair_style lj/cut 2.5\npair_coeff 1 1 1.0 1.0\n" + kField), 64);
  EXPECT_EQ(child->copies(), 1);
  const double images = 4.0 * (std::pow(2.0, -12) - std::pow(2.0, -6));
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], mueller_brown(-0.5, 1.4) + images, 1e-9);
}

TEST_F(Child, MembershipInGroupsIsCopied)
{
  auto child = field(particle("group here type 1\nfix field here mueller/brown scale 0.5\n"), 7);
  EXPECT_EQ(child->copies(), 7);
  const auto x = points(7, 8);
  const auto r = evaluate(*child, x);
  for (int i = 0; i < 7; ++i) EXPECT_NEAR(r.energy[i], 0.5 * mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
}

TEST_F(Child, OtherFixesWithPerAtomDataAreEvaluatedOneAtATimeWithAWarning)
{
  parent_->input->one("log log.parent");
  auto child = field(particle(kField + "fix more all store/state 0 type\n"), 16);
  EXPECT_TRUE(warned("the molecule cannot be copied with fix more of style store/state; conformers are evaluated one at a "
                     "time"));
  EXPECT_EQ(child->copies(), 1);
  EXPECT_NEAR(evaluate(*child, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
}

TEST_F(Child, NumberOfCopiesDoesNotMatterForAMolecule)
{
  make_parent("real");
  for (const char *boundary : {"boundary s s s\n", "boundary p p p\n", "boundary f f f\n"}) {
    write(chain(boundary));
    CGFlowChild one(parent_.get(), "in.system", 1, false);
    EXPECT_EQ(one.n_atoms(), 5);
    const auto x = shaken(one, 70, 0.15, 11);
    const auto reference = evaluate(one, x);
    for (const int copies : {2, 7, 64}) {
      CGFlowChild child(parent_.get(), "in.system", copies, false);
      EXPECT_EQ(child.copies(), copies);
      expect_near(evaluate(child, x), reference, 1e-8);
    }
  }
}

TEST_F(Child, MoleculeWithoutMoleculeIDsIsCopied)
{
  make_parent("real");
  write(chain());
  CGFlowChild reference(parent_.get(), "in.system", 1, false);
  write(chain() + "set group all mol 0\n", "in.zero");
  CGFlowChild child(parent_.get(), "in.zero", 9, false);
  EXPECT_EQ(child.copies(), 9);
  const auto x = shaken(reference, 20, 0.15, 12);
  expect_near(evaluate(child, x), evaluate(reference, x), 1e-8);
}

// Straight molecules along the row of copies, as long as the child accepts them (a cell is 1.5 times the extent): the ends of neighbors
// come as close as they can. With the cutoff of 9 a pitch a fifth short brings them within 7.
TEST_F(Child, StretchedCopiesDoNotSeeEachOther)
{
  make_parent("real");
  write(chain());
  constexpr int kCopies = 7;
  constexpr double kExtent = 6.0;
  CGFlowChild together(parent_.get(), "in.system", kCopies, false, kExtent),
      alone(parent_.get(), "in.system", 1, false, kExtent);
  ASSERT_EQ(together.copies(), kCopies);
  std::vector<double> x;
  for (int c = 0; c < kCopies; ++c)
    for (int i = 0; i < 5; ++i) {
      // Not quite straight, because the angle of a dihedral around a straight line has no value.
      const double zigzag = (i % 2 ? 0.1 : -0.1) + 0.01 * c;
      x.insert(x.end(), {1.5 * kExtent * (0.998 - 0.0001 * c) * i / 4.0, zigzag, 0.02 * i * c});
    }
  const Result all = evaluate(together, x), each = evaluate(alone, x);
  EXPECT_EQ(together.evaluations(), kCopies) << "a conformer was rejected";
  double largest = 0.0;
  for (const double f : each.force) largest = std::max(largest, std::fabs(f));
  for (int c = 0; c < kCopies; ++c) EXPECT_NEAR(all.energy[c], each.energy[c], 1e-8 * std::fabs(each.energy[c])) << c;
  for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(all.force[i], each.force[i], 1e-8 * largest) << i;
}

TEST_F(Child, CutoffBelowTheExtentIsWarnedOfOnce)
{
  make_parent("real");
  const std::string log = "log.parent";
  parent_->input->one("log " + log);
  write(chain() + "pair_style lj/cut 5.0\npair_coeff 1 1 0.2 3.4\n");
  CGFlowChild child(parent_.get(), "in.system", 7, false);
  std::vector<double> x(30, 0.0);
  for (int i = 0; i < 10; ++i) x[3 * i + 1] = 1.6 * i;
  // The probes around the script's own configuration, of extent 5.1, may have been within the cutoff.
  evaluate(child, x);
  evaluate(child, x);
  parent_->input->one("log none");
  std::ifstream file(log);
  int warnings = 0;
  for (std::string line; std::getline(file, line);)
    if (line.find("the pair cutoff 5 is below the extent 6.4 of a sampled structure") != std::string::npos) ++warnings;
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  EXPECT_EQ(warnings, rank == 0 ? 1 : 0);
}

TEST_F(Child, MoleculeInAFieldKeepsItsPlace)
{
  make_parent("real");
  const std::string at = chain("boundary f f f\n") + "displace_atoms all move -2.5 -1.0 0.0\n";
  const std::string text = at + "fix field all mueller/brown scale 0.01\n";
  expect_error(text, "so that no wall or external field (energies of fix field (mueller/brown)) may act on it", false);
  write(text);
  CGFlowChild one(parent_.get(), "in.system", 1, true), many(parent_.get(), "in.system", 16, true);
  EXPECT_EQ(many.copies(), 16);
  const std::vector<double> x = shaken(one, 20, 0.1, 14, false);
  const auto a = evaluate(one, x), b = evaluate(many, x);
  expect_near(a, b, 1e-8);
  auto field_of = [&](int c) {
    double v = 0.0;
    for (int i = 0; i < 5; ++i) v += 0.01 * mueller_brown(x[15 * c + 3 * i], x[15 * c + 3 * i + 1]);
    return v;
  };
  write(at);
  CGFlowChild alone(parent_.get(), "in.system", 16, false);
  const auto inner = evaluate(alone, x);
  for (int c = 0; c < 20; ++c)
    EXPECT_NEAR(b.energy[c], inner.energy[c] + field_of(c), 1e-9 * (1.0 + std::fabs(b.energy[c])));
}
