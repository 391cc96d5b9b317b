// SPDX-License-Identifier: GPL-2.0-only
// Pair styles that suit condensed phases, and what the errors say to write for one molecule.
#include "child_fixture.h"

#include "input.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

using namespace LAMMPS_NS;
using namespace cgflow_test;

namespace {

// The chain with charges and this pair style.
std::string charged_chain(const std::string &pairs)
{
  std::string text = chain("boundary p p p\n");
  std::ifstream in("data.chain");
  std::string data{std::istreambuf_iterator<char>(in), {}};
  std::ofstream("data.charged") << data.substr(0, data.find("Atoms #")) << "Atoms # full\n\n"
                                << "1 1 1 0.3 0.1 0.0 0.2\n2 1 1 -0.3 1.5 0.3 0.0\n3 1 1 0.2 2.1 1.6 0.1\n"
                                << "4 1 1 -0.3 3.6 1.7 0.4\n5 1 1 0.1 4.2 2.9 1.0\n\n"
                                << data.substr(data.find("Bonds\n"));
  text.replace(text.find("atom_style molecular"), 20, "atom_style full");
  text.replace(text.find("read_data data.chain"), 20, "read_data data.charged");
  text.erase(text.find("pair_style"));
  return text + pairs;
}

}    // namespace

TEST_F(Child, LongRangeSumsNameTheStyleToWrite)
{
  make_parent("real");
  struct {
    std::string pairs, advice;
  } const cases[] = {
      {"pair_style lj/cut/coul/long 9.0\n", "lj/cut/coul/cut instead of lj/cut/coul/long"},
      {"pair_style lj/charmm/coul/long 7.0 9.0\n", "lj/cut/coul/cut instead of lj/charmm/coul/long"},
      {"pair_style lj/long/coul/long long long 9.0\n", "lj/cut/coul/cut instead of lj/long/coul/long"},
      {"pair_style buck/coul/long 9.0\n", "buck/coul/cut instead of buck/coul/long"},
      {"pair_style lj/class2/coul/long 9.0\n", "lj/class2/coul/cut instead of lj/class2/coul/long"},
      {"pair_style hybrid/overlay lj/cut 9.0 coul/long 9.0\n", "a pair_style .../coul/cut"},
  };
  for (const auto &one : cases) {
    SCOPED_TRACE(one.pairs);
    const std::string coefficients = one.pairs.find("buck") != std::string::npos ? "pair_coeff 1 1 1000.0 0.3 10.0\n"
                                     : one.pairs.find("hybrid") != std::string::npos
                                         ? "pair_coeff 1 1 lj/cut 0.2 3.4\npair_coeff * * coul/long\n"
                                         : "pair_coeff 1 1 0.2 3.4\n";
    // The sum of the lengths of the four bonds.
    const std::string help = "a molecule alone needs no long-range sum: leave out kspace_style and write " +
                             (one.advice[0] == 'a' ? "" : std::string("pair_style ")) + one.advice +
                             ", with a cutoff beyond the stretched molecule (5.884)";
    const std::string text = charged_chain(one.pairs + coefficients);
    expect_error(text + "kspace_style ewald 1e-4\n", "is not allowed: copies of the molecule would interact, and " + help,
                 false);
    expect_error(text, "requires a KSpace style; " + help, false);
  }
}

TEST_F(Child, DihedralsOfCharmmNeedAPairStyleOfCharmm)
{
  make_parent("real");
  std::string text = charged_chain("pair_style lj/charmm/coul/long 7.0 9.0\npair_coeff 1 1 0.2 3.4\n");
  text.replace(text.find("dihedral_style harmonic\ndihedral_coeff 1 1.4 1 3"), 48,
               "dihedral_style charmm\ndihedral_coeff 1 1.4 3 0 1.0");
  text += "special_bonds charmm\n";
  expect_error(text, "write pair_style lj/charmm/coul/charmm instead of lj/charmm/coul/long, with both cutoffs beyond",
               false);
  std::string advice = text;
  advice.replace(advice.find("lj/charmm/coul/long 7.0 9.0"), 27, "lj/charmm/coul/charmm 9.0 10.0");
  write(advice);
  CGFlowChild child(parent_.get(), "in.system", 16, false), one(parent_.get(), "in.system", 1, false);
  EXPECT_EQ(child.copies(), 16);
  const auto x = shaken(one, 30, 0.1, 51);
  expect_near(evaluate(child, x), evaluate(one, x), 1e-9);
}

TEST_F(Child, TheAdviceAboutLongRangeSumsWorks)
{
  make_parent("real");
  write(charged_chain("pair_style lj/cut/coul/cut 9.0\npair_coeff 1 1 0.2 3.4\n"));
  CGFlowChild child(parent_.get(), "in.system", 16, false);
  EXPECT_EQ(child.copies(), 16);
}

TEST_F(Child, ManyBodyStylesNeedThePairsOfBondedAtoms)
{
  make_parent("metal");
  // Stillinger-Weber between neighbors of one kind.
  std::ofstream("x.sw") << "X X X 2.0 1.5 1.8 21.0 1.2 -0.333333333333 7.0 0.6 4.0 0.0 0.0\n";
  const std::string bonds =
      "bond_style zero\nbond_coeff *\nangle_style zero\nangle_coeff *\ndihedral_style zero\ndihedral_coeff *\n";
  std::string text = chain();
  text.replace(0, 10, "units metal");
  text.erase(text.find("bond_style"));
  text += bonds + "pair_style sw\npair_coeff * * x.sw X\n";
  const std::string advice = "write special_bonds lj/coul 1 1 1";
  expect_error(text, "pair_style sw needs all pairs of atoms, but special_bonds has the weight 0 for 1-2 neighbors", false);
  expect_error(text, advice, false);
  expect_error(text + "special_bonds lj/coul 1 1 0\n", "the weight 0 for 1-4 neighbors", false);
  write(text + "special_bonds lj/coul 1 1 1\n");
  CGFlowChild child(parent_.get(), "in.system", 16, false);
  EXPECT_EQ(child.copies(), 16);
  // In a hybrid style LAMMPS cannot tell whose the bonded atoms are.
  parent_->input->one("log log.parent");
  std::string hybrid = text;
  hybrid.replace(hybrid.find("pair_style sw"), 13, "pair_style hybrid/overlay sw zero 5.0");
  hybrid.replace(hybrid.find("* * x.sw"), 8, "* * sw x.sw");
  write(hybrid + "pair_coeff * * zero\n");
  CGFlowChild other(parent_.get(), "in.system", 1, false);
  EXPECT_TRUE(warned("pair_style hybrid/overlay needs all pairs of atoms, but special_bonds has the weight 0"));
}

TEST_F(Child, AtomsWithoutBondsAreToldHowToGetThem)
{
  make_parent("real");
  std::string text =
      "units real\natom_style charge\nregion b block -9 9 -9 9 -9 9\ncreate_box 1 b\ncreate_atoms 1 single 0 0 0\n"
      "create_atoms 1 single 1.5 0 0\nmass 1 12.0\npair_style lj/cut 5.0\npair_coeff 1 1 0.1 1.2\n";
  expect_error(
      text, "atom_style charge with 2 atoms counts as 2 molecules; one molecule is allowed. The bonds define the molecule",
      false);
  expect_error(text, "(atom_style full), with bond_style zero and special_bonds lj/coul 1 1 1", false);
}
