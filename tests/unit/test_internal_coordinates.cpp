// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/internal_coordinates.h"

#include "ala2.h"
#include "ala2_conformers.h"
#include "error_message.h"
#include "molecule/geometry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

using namespace cgflow;
using Coordinate = InternalCoordinates::Coordinate;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

namespace {

constexpr double kPi = std::numbers::pi;

InternalCoordinates classify(const Molecule &molecule, const std::vector<CgVariableConfig> &cg,
                             const CoordinatesConfig &config = {})
{
  const ZMatrix z = build_zmatrix(molecule, cg);
  const kernels::InternalLayout layout(z.rows);
  const auto at = [&](int atom) { return molecule.configuration.data() + 3 * atom; };
  std::vector<double> reference(layout.n_internal());
  for (int i = 0; i < layout.n_atoms(); ++i) {
    const ZRow &r = z.rows[i];
    if (i > 0) reference[layout.bond(i)] = distance(at(r.atom), at(r.bond));
    if (i > 1) reference[layout.angle(i)] = angle(at(r.atom), at(r.bond), at(r.angle)) * kPi / 180;
    if (i > 2) reference[layout.dihedral(i)] = dihedral(at(r.atom), at(r.bond), at(r.angle), at(r.dihedral)) * kPi / 180;
  }
  return classify_coordinates(z, layout, molecule, reference, config);
}

InternalCoordinates classify_ala2(const CoordinatesConfig &config = {})
{
  return classify(tests::ala2(), ala2::config().cg, config);
}

template <class Is> std::vector<Coordinate> those(const InternalCoordinates &all, const Is &is)
{
  std::vector<Coordinate> found;
  std::copy_if(all.coordinates.begin(), all.coordinates.end(), std::back_inserter(found), is);
  return found;
}

bool is_circular(const Coordinate &c) { return c.fine.kind == FineCoordinate::Kind::circular; }
bool is_dihedral(const Coordinate &c) { return c.fine.name.starts_with("dihedral "); }

}    // namespace

// 60 internal coordinates: phi and psi are the CG variables, the three methyl groups the rotors.
TEST(InternalCoordinates, OfAlanineDipeptide)
{
  const InternalCoordinates all = classify_ala2();
  EXPECT_EQ(all.cg_raw.size(), 2u);
  EXPECT_EQ(all.coordinates.size(), 58u);
  const auto rotors = those(all, is_circular);
  ASSERT_EQ(rotors.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(is_circular(all.coordinates[i])) << "rotors come first";
    EXPECT_NEAR(rotors[i].fine.hi - rotors[i].fine.lo, 2 * kPi / 3, 1e-12);
  }
  ASSERT_EQ(all.rotors.size(), 3u);
  for (const auto &rotor : all.rotors) {
    EXPECT_EQ(rotor.atoms.size(), 3u);
    EXPECT_THAT(rotor.offsets,
                UnorderedElementsAre(testing::DoubleNear(2 * kPi / 3, 1e-12), testing::DoubleNear(-2 * kPi / 3, 1e-12)));
  }
  EXPECT_TRUE(all.filtered.empty());
  for (const auto &c : all.coordinates)
    if (!is_circular(c)) EXPECT_GT(c.scale, 0.0) << c.fine.name;
}

// A dihedral with an interval of half a turn keeps omega or a handedness, one of a whole turn keeps neither.
TEST(InternalCoordinates, IntervalsKeepOmegaAndHandedness)
{
  const auto half_turns = [](const CoordinatesConfig &config) {
    return those(classify_ala2(config),
                 [](const Coordinate &c) { return is_dihedral(c) && std::abs(c.hi - c.lo - kPi) < 1e-12; })
        .size();
  };
  // Two omegas; of each methyl group two hydrogens, beside the alpha carbon's chain its hydrogen and its side chain.
  EXPECT_EQ(half_turns({}), 2u + 3 * 2 + 2);
  CoordinatesConfig free;
  free.omega = "full";
  EXPECT_EQ(half_turns(free), 3u * 2 + 2);
  EXPECT_EQ(those(classify_ala2(free), is_circular).size(), 5u);
  CoordinatesConfig filter;
  filter.chirality = "filter";
  EXPECT_EQ(half_turns(filter), 2u + 3 * 2);
  const InternalCoordinates filtered = classify_ala2(filter);
  ASSERT_EQ(filtered.filtered.size(), 1u);
  EXPECT_EQ(filtered.filtered[0].atom, 8);
}

TEST(InternalCoordinates, WithoutSymmetryARotorHasAWholeTurn)
{
  CoordinatesConfig config;
  config.symmetry = false;
  const InternalCoordinates all = classify_ala2(config);
  EXPECT_TRUE(all.rotors.empty());
  for (const auto &c : those(all, is_circular)) EXPECT_NEAR(c.fine.hi - c.fine.lo, 2 * kPi, 1e-12);
}

TEST(InternalCoordinates, StraightAnglesAreRefused)
{
  Molecule line;
  line.mass = {12, 12, 12, 1};
  line.bonds = {{0, 1}, {1, 2}, {2, 3}};
  line.configuration = {0, 0, 0, 1, 0, 0, 2, 0.01, 0, 3, 1, 0};
  EXPECT_THAT(message<ConfigError>([&] { classify(line, {}); }), HasSubstr("molecule: atoms "));
}
