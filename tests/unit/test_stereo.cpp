// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/stereo.h"

#include "ala2.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace cgflow;
using cgflow::tests::ala2;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

Molecule mirrored(Molecule m)
{
  for (std::size_t i = 2; i < m.configuration.size(); i += 3) m.configuration[i] *= -1.0;
  return m;
}

/// A carbon with four neighbors of these masses at the corners of a tetrahedron.
Molecule tetrahedron(double a, double b, double c, double d)
{
  return {{12.011, a, b, c, d}, {{0, 1}, {0, 2}, {0, 3}, {0, 4}}, {0, 0, 0, 1, 1, 1, -1, -1, 1, -1, 1, -1, 1, -1, -1}};
}

/// The molecule with its atoms in the opposite order.
Molecule reversed(const Molecule &m)
{
  Molecule out = m;
  const int n = m.n_atoms();
  for (int i = 0; i < n; ++i) {
    out.mass[n - 1 - i] = m.mass[i];
    for (int k = 0; k < 3; ++k) out.configuration[3 * (n - 1 - i) + k] = m.configuration[3 * i + k];
  }
  for (auto &bond : out.bonds) bond = {n - 1 - bond[1], n - 1 - bond[0]};
  std::sort(out.bonds.begin(), out.bonds.end());
  return out;
}

}    // namespace

TEST(Stereo, AlanineIsL)
{
  const auto centres = find_stereo_centres(ala2());
  ASSERT_EQ(centres.size(), 1U);
  EXPECT_EQ(centres[0].atom, 8);
  EXPECT_TRUE(centres[0].alpha);
  // CORN: HA, C, CB, N.
  EXPECT_THAT(centres[0].neighbours, ElementsAre(9, 14, 10, 6));
  EXPECT_EQ(centres[0].hand, 1);
  const Molecule d = mirrored(ala2());
  EXPECT_EQ(find_stereo_centres(d)[0].hand, -1);
  EXPECT_EQ(hand_of(centres[0], d.configuration.data()), -1);
  // The order of the atoms does not matter.
  EXPECT_EQ(find_stereo_centres(reversed(ala2()))[0].hand, 1);
  EXPECT_EQ(find_stereo_centres(mirrored(reversed(ala2())))[0].hand, -1);
}

TEST(Stereo, FourDifferentBranchesMakeACentre)
{
  EXPECT_EQ(find_stereo_centres(tetrahedron(1, 19, 35.5, 80)).size(), 1U);
  EXPECT_THAT(find_stereo_centres(tetrahedron(1, 1, 35.5, 80)), IsEmpty());
  const auto bromine = find_stereo_centres(tetrahedron(1, 19, 35.5, 80));
  const auto swapped = find_stereo_centres(tetrahedron(19, 1, 35.5, 80));
  EXPECT_FALSE(bromine[0].alpha);
  EXPECT_EQ(bromine[0].hand, swapped[0].hand);    // the sign goes by places, which are the same
}

// 3-methylhexane: ethyl and propyl differ only in their third atom. 4-methylheptane has two propyls and no stereo center.
TEST(Stereo, BranchesAreFollowedToTheirEnds)
{
  const auto alkane = [](int left, int right) {
    Molecule m = tetrahedron(1, 12.011, 12.011, 12.011);
    const auto grow = [&](int from, int length) {
      for (int k = 1; k < length; ++k) {
        m.bonds.push_back({from, m.n_atoms()});
        from = m.n_atoms();
        m.mass.push_back(12.011);
        m.configuration.insert(m.configuration.end(), {9.0 + from, 0.0, 0.0});
      }
    };
    grow(3, left);
    grow(4, right);
    std::sort(m.bonds.begin(), m.bonds.end());
    return m;
  };
  EXPECT_EQ(find_stereo_centres(alkane(2, 3)).size(), 1U);
  EXPECT_THAT(find_stereo_centres(alkane(3, 3)), IsEmpty());
}

TEST(Stereo, FlatStructureIsRefused)
{
  Molecule flat = tetrahedron(1, 19, 35.5, 80);
  for (std::size_t i = 2; i < flat.configuration.size(); i += 3) flat.configuration[i] = 0.0;
  try {
    find_stereo_centres(flat);
    FAIL();
  } catch (const ConfigError &e) {
    EXPECT_THAT(e.what(), HasSubstr("flat at the stereo centre, atom 1"));
  }
}

TEST(PeptideBonds, OfAlanineDipeptide)
{
  EXPECT_THAT(find_peptide_bonds(ala2()), ElementsAre(ElementsAre(1, 4, 6, 8), ElementsAre(8, 14, 16, 18)));
}

// X-CO-N(CD)-CA-CO: of the two carbons on proline's N the alpha carbon belongs to omega, whatever its number.
TEST(PeptideBonds, ProlineGoesByItsAlphaCarbon)
{
  Molecule m;
  m.mass = {12, 12, 16, 14, 12, 12, 12, 16, 14, 1, 1};
  m.bonds = {{0, 1}, {1, 2}, {1, 3}, {3, 4}, {3, 5}, {4, 5}, {5, 6}, {6, 7}, {6, 8}, {8, 9}, {8, 10}};
  // The last amide is primary and has no cis-trans isomers.
  EXPECT_THAT(find_peptide_bonds(m), ElementsAre(ElementsAre(0, 1, 3, 5)));
}
