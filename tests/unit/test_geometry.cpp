// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/geometry.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <vector>

using namespace cgflow;

namespace {
const double kOrigin[3] = {0, 0, 0};
}

TEST(Geometry, ByHand)
{
  const double x[3] = {3, 0, 0}, y[3] = {0, 4, 0}, z[3] = {0, 0, 5}, back[3] = {-1, 0, 0};
  EXPECT_DOUBLE_EQ(distance(x, y), 5.0);
  EXPECT_DOUBLE_EQ(angle(x, kOrigin, y), 90.0);
  EXPECT_DOUBLE_EQ(angle(x, kOrigin, back), 180.0);
  EXPECT_DOUBLE_EQ(angle(x, kOrigin, x), 0.0);
  EXPECT_DOUBLE_EQ(triple_product(kOrigin, x, y, z), 60.0);
  EXPECT_DOUBLE_EQ(triple_product(kOrigin, y, x, z), -60.0);
}

// IUPAC: seen from b to c, the rotation of a onto d is positive when clockwise.
TEST(Geometry, DihedralSignAndRange)
{
  const double a[3] = {1, 0, 0}, b[3] = {0, 0, 0}, c[3] = {0, 0, 1};
  const auto d = [&](double degrees) {
    const double t = degrees * std::acos(-1.0) / 180.0;
    const double at[3] = {std::cos(t), std::sin(t), 1};
    return dihedral(a, b, c, at);
  };
  // Seen along +z, the rotation from x to y is clockwise.
  for (const double degrees : {-179.0, -90.0, -1e-9, 0.0, 1e-9, 37.0, 90.0, 179.999999})
    EXPECT_NEAR(d(degrees), degrees, 1e-12 * (1.0 + std::fabs(degrees)));
  const double trans[3] = {-1, 0, 1};
  EXPECT_EQ(dihedral(a, b, c, trans), -180.0);
  const double on_axis[3] = {0, 0, 3};
  EXPECT_TRUE(std::isnan(dihedral(a, b, c, on_axis)));
}

// Per line four atoms, then distance 1-2, angle 1-2-3 and dihedral 1-2-3-4 by mdtraj: tests/oracle/geometry.py.
TEST(Geometry, AgreesWithMdtraj)
{
  std::ifstream file(std::string(CGFLOW_SOURCE_DIR) + "/tests/oracle/geometry.csv");
  int count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::vector<double> v(15);
    for (double &value : v) words >> value;
    ASSERT_TRUE(words) << line;
    // mdtraj computes in single precision.
    EXPECT_NEAR(distance(&v[0], &v[3]), v[12], 1e-5);
    EXPECT_NEAR(angle(&v[0], &v[3], &v[6]), v[13], 2e-3);
    const double turn = dihedral(&v[0], &v[3], &v[6], &v[9]) - v[14];
    EXPECT_NEAR(turn - 360.0 * std::round(turn / 360.0), 0.0, 2e-3);
    ++count;
  }
  EXPECT_EQ(count, 100);
}
