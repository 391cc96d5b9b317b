// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/structure_report.h"

#include "ala2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace cgflow;
using cgflow::tests::ala2;
using testing::ElementsAre;

namespace {

/// The structure with what lies behind the bond from atom `from` to `to` (0-based) turned by 180 degrees about it.
std::vector<double> turned(const Molecule &m, int from, int to, const std::vector<int> &behind)
{
  auto x = m.configuration;
  double axis[3], norm = 0.0;
  for (int k = 0; k < 3; ++k) {
    axis[k] = x[3 * to + k] - x[3 * from + k];
    norm += axis[k] * axis[k];
  }
  for (const int i : behind) {
    double along = 0.0;
    for (int k = 0; k < 3; ++k) along += (x[3 * i + k] - x[3 * from + k]) * axis[k] / norm;
    for (int k = 0; k < 3; ++k) x[3 * i + k] = 2.0 * (x[3 * from + k] + along * axis[k]) - x[3 * i + k];
  }
  return x;
}

}    // namespace

TEST(StructureReport, CountsHandsAndOmegas)
{
  const Molecule m = ala2();
  std::vector<double> x = m.configuration;
  auto mirror = m.configuration;
  for (std::size_t i = 2; i < mirror.size(); i += 3) mirror[i] *= -1.0;
  const auto cis = turned(m, 14, 16, {17, 18, 19, 20, 21});
  for (const auto &frame : {m.configuration, mirror, cis}) x.insert(x.end(), frame.begin(), frame.end());
  const StructureReport report = report_structures(m, x);
  EXPECT_THAT(report.stereo_centres, ElementsAre(8));
  EXPECT_EQ(report.hands, "L");
  EXPECT_DOUBLE_EQ(report.same_hand, 0.75);
  EXPECT_EQ(report.peptide_bonds, 2);
  EXPECT_DOUBLE_EQ(report.trans, 0.75);
}

TEST(StructureReport, MoleculeWithoutEitherHasNothingToReport)
{
  const Molecule m{{1, 1}, {{0, 1}}, {0, 0, 0, 1, 0, 0}};
  const StructureReport report = report_structures(m, m.configuration);
  EXPECT_TRUE(report.stereo_centres.empty());
  EXPECT_EQ(report.peptide_bonds, 0);
}

TEST(StructureReport, FramesWithoutCoordinatesAreDropped)
{
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Structures s;
  s.point = {0, 0, 1, 1};
  s.s = {1, 2, 3, 4, 5, 6, 7, 8};
  s.x = {1, 1, 1, nan, 2, 2, 3, 3, 3, 4, 4, nan};
  s.ln_w = {-1, -2, -3, -4};
  EXPECT_EQ(drop_undefined(s, 2, 1), 2);
  EXPECT_THAT(s.point, ElementsAre(0, 1));
  EXPECT_THAT(s.s, ElementsAre(1, 2, 5, 6));
  EXPECT_THAT(s.x, ElementsAre(1, 1, 1, 3, 3, 3));
  EXPECT_THAT(s.ln_w, ElementsAre(-1, -3));
  EXPECT_TRUE(s.ln_W.empty());
  EXPECT_EQ(drop_undefined(s, 2, 1), 0);
}
