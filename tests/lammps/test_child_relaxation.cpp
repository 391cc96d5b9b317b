// SPDX-License-Identifier: GPL-2.0-only
// Structures from which no coordinates can be built: three atoms in a line that the force field bends, an atom on another one.
#include "child_fixture.h"

#include "input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

using namespace LAMMPS_NS;
using namespace cgflow_test;

namespace {

// The chain with its first atoms at other places, and angles of this equilibrium value.
std::string moved_chain(const std::vector<std::string> &places, const std::string &degrees = "111.0")
{
  std::string text = chain("boundary p p p\n");
  std::ifstream in("data.chain");
  std::string data{std::istreambuf_iterator<char>(in), {}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::string id = std::to_string(i + 1) + " 1 1 ";
    const auto at = data.find("\n" + id, data.find("Atoms #")) + 1;
    data.replace(at, data.find('\n', at) - at, id + places[i]);
  }
  std::ofstream("data.moved") << data;
  text.replace(text.find("data.chain"), 10, "data.moved");
  text.replace(text.find("111.0"), 5, degrees);
  return text;
}

double angle(const double *x, int a, int b, int c)
{
  double in = 0.0, aa = 0.0, cc = 0.0;
  for (int k = 0; k < 3; ++k) {
    const double u = x[3 * a + k] - x[3 * b + k], v = x[3 * c + k] - x[3 * b + k];
    in += u * v;
    aa += u * u;
    cc += v * v;
  }
  return std::acos(in / std::sqrt(aa * cc)) * 180.0 / M_PI;
}

double largest(const std::vector<double> &values)
{
  double most = 0.0;
  for (const double v : values) most = std::max(most, std::fabs(v));
  return most;
}

}    // namespace

TEST_F(Child, LinesThatTheForceFieldBendsAreRelaxedFirst)
{
  make_parent("real");
  const struct {
    std::vector<std::string> places;
    const char *text;
  } cases[] = {
      // 1-2-3 in a line, exactly; 2-3-4 too; 1-2-3 folded back; three lines at once.
      {{"0.9 -0.9999999999999999 -0.1", "1.5 0.3 0.0"}, "1-2-3 (180.0 degrees, now 11"},
      {{"0 0 0", "1.5 0 0", "3 0 0", "4.5 0.02 0", "5.5 1.2 0"}, "1-2-3 (180.0 degrees, now 11"},
      {{"1.9 1.2 0.1"}, "1-2-3 (2.0 degrees, now 11"},
      {{"0 0 0", "1.5 0 0", "3 0 0", "4.5 0 0", "6 0 0"}, "3-4-5 (180.0 degrees, now 11"},
  };
  for (const auto &one : cases) {
    SCOPED_TRACE(one.text);
    parent_->input->one("log log.parent");
    write(moved_chain(one.places));
    CGFlowChild child(parent_.get(), "in.system", 7, false);
    EXPECT_TRUE(warned("its structure is relaxed first, because the force field bends atoms that are in a line: "));
    EXPECT_TRUE(said(one.text));
    EXPECT_EQ(child.copies(), 7);
    const double *x = child.configuration();
    for (int b = 1; b < 4; ++b) EXPECT_NEAR(angle(x, b - 1, b, b + 1), 111.0, 8.0);
    // A minimum: bonds of 100 kcal/mol/Angstrom^2 pull with far less than a thousandth of them.
    EXPECT_LT(largest(evaluate(child, {x, x + 15}).force), 1e-3);
  }
}

TEST_F(Child, StraightGroupsAndBentStructuresStayAsTheyAre)
{
  make_parent("real");
  for (const std::string &text : {moved_chain({"0 0 0", "1.5 0 0", "3 0 0", "4.5 0 0", "6 0 0"}, "180.0"),
                                  moved_chain({"0 0 0", "1.5 0.02 0", "3 0 0", "4.5 0.01 0", "6 0 0"}, "180.0"), chain()}) {
    parent_->input->one("log log.parent");
    write(text);
    CGFlowChild child(parent_.get(), "in.system", 7, false);
    parent_->input->one("log none");
    EXPECT_FALSE(rank() == 0 && said("relaxed"));
    EXPECT_EQ(child.configuration()[14], text == chain() ? 1.0 : 0.0);
    EXPECT_EQ(child.configuration()[12], text == chain() ? 4.2 : 6.0);
  }
}

TEST_F(Child, AnAtomOnAnotherIsNamed)
{
  make_parent("real");
  const std::string help = ". Correct the structure, or minimize it in a script of its own and use write_data";
  expect_error(moved_chain({"4.2 2.9 1.0"}), "atom 1 lies on atom 5: they are 0 apart, and a typical bond is 1.5", false);
  expect_error(moved_chain({"4.201 2.9 1.0"}), "atom 1 lies on atom 5: they are 0.001 apart", false);
  expect_error(moved_chain({"1.5 0.3 0.0", "1.5 0.3 0.0"}), "atom 1 lies on atom 2: they are 0 apart", false);
  expect_error(moved_chain({"4.201 2.9 1.0"}), help, false);
  // Where positions are absolute, the energy tells.
  expect_error(moved_chain({"4.2 2.9 1.0"}), "it must be finite; the closest atoms 1 and 5 are 0 apart", true);
}
