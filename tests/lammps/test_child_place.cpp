// SPDX-License-Identifier: GPL-2.0-only
// The box of the script and the molecule alone: what is left out, and what is an error.
#include "child_fixture.h"

#include "input.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

namespace {

// The chain in a cubic box of this edge, wrapped into it.
std::string boxed(double edge, const std::string &boundary = "p p p")
{
  const std::string half = std::to_string(0.5 * edge);
  return chain("boundary " + boundary + "\n") + "change_box all x final -" + half + " " + half + " y final -" + half + " " +
         half + " z final -" + half + " " + half + " units box\n";
}

}    // namespace

TEST_F(Child, ImagesInTheBoxAreLeftOutAndSaidSo)
{
  make_parent("real");
  write(boxed(60.0), "in.wide");
  CGFlowChild wide(parent_.get(), "in.wide", 7, false);
  const auto x = shaken(wide, 20, 0.1, 41);
  const auto expected = evaluate(wide, x);
  struct {
    double edge;
    const char *text;
  } const cases[] = {{11.0, "(x has edge 11 and molecule 4.1, y has edge 11 and molecule 2.9; cutoff 9)"},
                     {9.5, "(x has edge 9.5 and molecule 4.1, y has edge 9.5"}};
  for (const auto &one : cases) {
    SCOPED_TRACE(one.edge);
    parent_->input->one("log log.parent");
    write(boxed(one.edge));
    CGFlowChild child(parent_.get(), "in.system", 7, false);
    EXPECT_TRUE(warned("energy of its configuration is "));
    EXPECT_TRUE(said("in its box, where it sees its periodic images " + std::string(one.text)));
    EXPECT_TRUE(said(" alone; the energy alone is used"));
    expect_near(evaluate(child, x), expected, 1e-9);
  }
  // No line where there are no images.
  parent_->input->one("log log.parent");
  write(boxed(16.0));
  CGFlowChild none(parent_.get(), "in.system", 7, false);
  parent_->input->one("log none");
  EXPECT_FALSE(rank() == 0 && said("periodic images"));
}

TEST_F(Child, TailCorrectionsAreLeftOutAndSaidSo)
{
  make_parent("real");
  write(boxed(60.0), "in.wide");
  CGFlowChild wide(parent_.get(), "in.wide", 7, false);
  const auto x = shaken(wide, 20, 0.1, 42);
  const auto expected = evaluate(wide, x);
  const std::string hybrid = "pair_style hybrid lj/cut 9.0\npair_coeff 1 1 lj/cut 0.2 3.4\n";
  for (const std::string &more : {std::string(), hybrid}) {
    parent_->input->one("log log.parent");
    write(boxed(60.0) + more + "pair_modify tail yes\n");
    CGFlowChild child(parent_.get(), "in.system", 7, false);
    EXPECT_EQ(child.copies(), 7);
    EXPECT_TRUE(warned("pair_modify tail yes is left out"));
    expect_near(evaluate(child, x), expected, 1e-9);
  }
}

TEST_F(Child, WallsAndFieldsAreErrors)
{
  make_parent("real");
  // One in a box in which the molecule sees its images, too.
  const std::string spring = "fix s all spring tether 2.0 1 1 1 0.0\nfix_modify s energy yes\n";
  for (const double edge : {60.0, 11.0}) {
    expect_error(boxed(edge) + spring,
                 "alone in a wide one. The CG variables move the molecule freely, so that no wall or external "
                 "field (energies of fix s (spring)) may act on it",
                 false);
  }
  expect_error(boxed(11.0, "f p p") + "fix w all wall/lj93 xlo EDGE 1.0 3.0 6.0\nfix_modify w energy yes\n",
               "field (energies of fix w (wall/lj93)) may act on it", false);
}
