// SPDX-License-Identifier: GPL-2.0-only
// Energies and forces of the child LAMMPS: the formula, stock commands, and conformers that have none.
#include "child_fixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

TEST_F(Child, GivesTheAnchorOfTheSurface)
{
  auto child = field(particle(kField));
  EXPECT_EQ(child->copies(), 64);
  const auto r = evaluate(*child, {-0.5, 1.4, 0.0});
  EXPECT_NEAR(r.energy[0], -136.79055, 5e-6);
  EXPECT_EQ(child->evaluations(), 1);
}

TEST_F(Child, EnergiesAreThoseOfTheFormulaAndForcesTheirGradient)
{
  auto child = field(particle(kField));
  const auto x = points(150, 1);
  const auto r = evaluate(*child, x);
  const double h = 1e-5;
  for (int i = 0; i < 150; ++i) {
    const double *p = &x[3 * i];
    EXPECT_NEAR(r.energy[i], mueller_brown(p[0], p[1]), 1e-9);
    EXPECT_NEAR(r.force[3 * i], (mueller_brown(p[0] - h, p[1]) - mueller_brown(p[0] + h, p[1])) / (2 * h), 1e-4);
    EXPECT_NEAR(r.force[3 * i + 1], (mueller_brown(p[0], p[1] - h) - mueller_brown(p[0], p[1] + h)) / (2 * h), 1e-4);
    EXPECT_EQ(r.force[3 * i + 2], 0.0);
  }
}

TEST_F(Child, StockAddforceIsEvaluatedOneAtATimeAndAgrees)
{
  auto stock = field(particle(stock_field(true)));
  EXPECT_EQ(stock->copies(), 1);
  EXPECT_NEAR(evaluate(*stock, {-0.5, 1.4, 0.0}).energy[0], -136.79055, 5e-6);
  const auto x = points(40, 4);
  auto own = field(particle(kField));
  expect_near(evaluate(*own, x), evaluate(*stock, x), 1e-9);
}

TEST_F(Child, TwoBatchesInARowDiffer)
{
  auto child = field(particle(kField), 8);
  const auto a = points(8, 5), b = points(8, 6);
  const auto first = evaluate(*child, a), second = evaluate(*child, b), again = evaluate(*child, a);
  for (int i = 0; i < 8; ++i) EXPECT_NE(first.energy[i], second.energy[i]);
  expect_near(first, again, 0.0);
}

TEST_F(Child, RejectsSamplesThatAreNotFiniteOrOutsideTheBoxAndKeepsTheOthers)
{
  for (const char *boundary : {"boundary f f p", "boundary p p p"}) {
    std::string text = particle(kField);
    text.replace(text.find("boundary f f p"), 14, boundary);
    for (const int copies : {1, 4}) {
      auto child = field(text, copies);
      const double bad = std::nan("");
      const std::vector<double> x{0.1, 0.2, 0.0, bad, 0.0,   0.0, 0.3, 0.4, 0.0, kInfinity, 0.0, 0.0,
                                  3.5, 0.0, 0.0, 0.0, -3.01, 0.0, 3.0, 0.0, 0.0, -0.5,      1.4, 0.0};
      const auto r = evaluate(*child, x);
      for (const int i : {1, 3, 4, 5, 6}) {
        EXPECT_EQ(r.energy[i], kInfinity) << i;
        for (int k = 0; k < 3; ++k) EXPECT_EQ(r.force[3 * i + k], 0.0);
      }
      for (const int i : {0, 2, 7}) EXPECT_NEAR(r.energy[i], mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
      EXPECT_EQ(child->evaluations(), 3);
    }
  }
}

TEST_F(Child, EnergyThatOverflowsIsInfinityForThatConformerOnly)
{
  std::string text = particle(kField);
  text.replace(text.find("-3 3 -3 3"), 9, "-99 99 -99 99");
  for (const int copies : {1, 4}) {
    auto child = field(text, copies);
    const auto r = evaluate(*child, {90.0, 90.0, 0.0, -0.5, 1.4, 0.0});
    EXPECT_EQ(r.energy[0], kInfinity);
    for (int k = 0; k < 3; ++k) EXPECT_EQ(r.force[k], 0.0);
    EXPECT_NEAR(r.energy[1], -136.79055, 5e-6);
  }
}

TEST_F(Child, NoSamplesIsNoWork)
{
  auto child = field(particle(kField));
  child->evaluate(0, nullptr, nullptr, nullptr);
  EXPECT_EQ(child->evaluations(), 0);
}

TEST_F(Child, TwoDimensionsWork)
{
  auto child = field("dimension 2\n" + particle(kField + "fix flat all enforce2d\n"), 7);
  EXPECT_EQ(child->copies(), 7);
  const auto x = points(9, 9);
  const auto r = evaluate(*child, x);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(r.energy[i], mueller_brown(x[3 * i], x[3 * i + 1]), 1e-9);
}

TEST_F(Child, StretchedMoleculeFits)
{
  make_parent("real");
  write(chain());
  CGFlowChild child(parent_.get(), "in.system", 7, false);
  std::vector<double> x(15, 0.0);
  for (int i = 0; i < 5; ++i) x[3 * i + 1] = 1.6 * i;
  EXPECT_TRUE(std::isfinite(evaluate(child, x).energy[0]));
}

TEST_F(Child, MoleculeEnergyIsThatOfTheTerms)
{
  make_parent("real");
  write(chain());
  CGFlowChild child(parent_.get(), "in.system", 3, false);
  // Planar zigzag, bonds 1.5 (no energy), all angles 90 degrees, both dihedrals 180 degrees.
  const std::vector<double> x{0, 0, 0, 1.5, 0, 0, 1.5, 1.5, 0, 3, 1.5, 0, 3, 3, 0};
  const double angle = 3 * 40.0 * std::pow(21.0 * M_PI / 180.0, 2), dihedral = 2 * 1.4 * (1 + std::cos(3 * M_PI));
  auto lj = [](double r) { return 4 * 0.2 * (std::pow(3.4 / r, 12) - std::pow(3.4 / r, 6)); };
  const double pairs = 2 * 0.5 * lj(std::sqrt(9 + 2.25)) + lj(std::sqrt(18.0));
  EXPECT_NEAR(evaluate(child, x).energy[0], angle + dihedral + pairs, 1e-9);
}

TEST_F(Child, ExplodedMoleculeIsRejectedAlone)
{
  make_parent("real");
  write(chain());
  for (const int copies : {1, 4}) {
    CGFlowChild child(parent_.get(), "in.system", copies, false, 6.0);
    auto x = shaken(child, 3, 0.05, 13);
    const auto before = evaluate(child, x);
    x[15 + 4] += 9.5;
    const auto after = evaluate(child, x);
    EXPECT_EQ(after.energy[1], kInfinity);
    EXPECT_NEAR(after.energy[0], before.energy[0], 1e-9);
    EXPECT_NEAR(after.energy[2], before.energy[2], 1e-9);
  }
}
