// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/trajectory.h"

#include "ala2.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <random>

using namespace cgflow;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

class TrajectoryTest : public testing::Test {
 protected:
  std::string write(const std::string &text)
  {
    path_ = testing::TempDir() + "trajectory_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override { std::remove(path_.c_str()); }
  std::string path_;
};

std::string frame(const std::string &columns, const std::string &rows, int atoms, int step = 0,
                  const std::string &box = "ITEM: BOX BOUNDS pp pp pp\n0 10\n0 20\n-1 1\n")
{
  return "ITEM: TIMESTEP\n" + std::to_string(step) + "\nITEM: NUMBER OF ATOMS\n" + std::to_string(atoms) + "\n" + box +
         "ITEM: ATOMS " + columns + "\n" + rows;
}

template <typename Call> std::string message(Call call)
{
  try {
    call();
  } catch (const FileError &e) {
    return e.what();
  }
  return "no error";
}

const CgSpace kTorus({{"phi", -180, 180, true}, {"d", 0, 10, false}});

}    // namespace

TEST_F(TrajectoryTest, SortsAtomsByIdAndUnwraps)
{
  write(frame("id type x y z ix iy iz", "2 1 1 2 0 0 0 0\n1 1 9 19 0.5 -1 1 0\n", 2, 0) +
        frame("id type x y z ix iy iz", "1 1 1 2 3 0 0 0\n2 1 4 5 6 0 0 0\n", 2, 10));
  const Trajectory t = read_dump(path_);
  EXPECT_EQ(t.n_atoms, 2);
  EXPECT_THAT(t.ids, ElementsAre(1, 2));
  EXPECT_THAT(t.steps, ElementsAre(0, 10));
  EXPECT_THAT(t.x, ElementsAre(-1, 39, 0.5, 1, 2, 0, 1, 2, 3, 4, 5, 6));
}

TEST_F(TrajectoryTest, ReadsScaledColumns)
{
  write(frame("id xs ys zs", "1 0.5 0.25 0.5\n", 1));
  EXPECT_THAT(read_dump(path_).x, ElementsAre(5, 5, 0));
}

TEST_F(TrajectoryTest, NamesWhatIsWrong)
{
  write(frame("id x y", "1 0 0\n", 1));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("got columns 'id x y', expected xu yu zu"));
  write(frame("type x y z", "1 0 0 0\n1 0 0 0\n", 2));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("no column id"));
  write(frame("id x y z", "1 0 0 0\n1 0 0 0\n", 2));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("atom ID 1 comes twice"));
  write(frame("id x y z", "1 0 0 0\n2 0 0 0\n", 2) + frame("id x y z", "1 0 0 0\n", 1, 7));
  EXPECT_THAT(message([&] { read_dump(path_); }),
              HasSubstr("timestep 7 holds 1 atoms whose IDs differ from the first frame's 2"));
  write(frame("id x y z", "1 0 0 0\n", 2));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("the file ends where an atom is expected"));
  write(frame("id x y z", "1 0 nan 0\n", 1));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("line 10: got 'nan' as a position, expected a finite number"));
  write(frame("id x y z", "1 0 0 0\n2 0 zero 0\n3 0 0 0\n", 3));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("line 11: got 'zero' as a position"));
  for (const std::string id : {"nan", "1.5", "one", "1e300"}) {
    write(frame("id x y z", "1 0 0 0\n" + id + " 0 0 0\n", 2));
    EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("line 11: got the atom ID '" + id + "', expected an integer"));
  }
  write(frame("id x y z", "1 0 0 0\n", 1).substr(std::string("ITEM: TIMESTEP\n0\n").size()));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("got a frame without ITEM: TIMESTEP, expected one"));
  write(frame("id x y z", std::string("1 0 0 \0\n", 8), 1));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("line 10: got a zero byte, expected a text file"));
  write(frame("id x y z", "1 0 0\n", 1));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("got 3 columns, expected 4"));
  write("some text\n");
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("expected an ITEM: line"));
  write("");
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("got no frame"));
  write(frame("id xs ys zs", "1 0 0 0\n", 1, 0, "ITEM: BOX BOUNDS xy xz yz pp pp pp\n0 1 0\n0 1 0\n0 1 0\n"));
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("triclinic"));
}

TEST_F(TrajectoryTest, ReadsPointsFromText)
{
  write("# phi d\n190 1\n\n-20 2.5 # a comment\n");
  EXPECT_THAT(read_points(path_, kTorus), ElementsAre(-170, 1, -20, 2.5));
}

TEST_F(TrajectoryTest, ReadsPointsFromAWalkerDump)
{
  write(frame("id x y z", "1 5 6 0\n2 7 8 0\n", 2));
  EXPECT_THAT(read_points(path_, kTorus), ElementsAre(5, 6, 7, 8));
}

TEST_F(TrajectoryTest, ReadsScaledAndUnwrappedWalkersOfAllFrames)
{
  write(frame("id xs ys zs", "1 0.5 0.25 0.5\n", 1) + frame("id xu yu", "1 190 6\n", 1, 1) + frame("id x y", "", 0, 2));
  EXPECT_THAT(read_points(path_, kTorus), ElementsAre(5, 5, -170, 6));
}

TEST_F(TrajectoryTest, NamesBadPoints)
{
  write(frame("id x y z", "", 0));
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("got no walker in any frame"));
  write(frame("id x z", "1 5 6\n", 1));
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }),
              HasSubstr("got columns 'id x z', expected y for the CG variable"));
  write("nan 2\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("line 1: got 'nan', expected a number"));
  write(std::string("1 \0\n", 4));
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("line 1: got a zero byte"));
  write(frame("id x y", "1 0 nan\n", 1));
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("got the point 0 nan, expected finite numbers"));
  write("1 2 3\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("line 1: got 3 columns, expected 2"));
  write("1 two\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("got 'two', expected a number"));
  write("1 11\n");
  EXPECT_THAT(
      message([&] { read_points(path_, kTorus); }),
      HasSubstr("got the point 1 11, which lies outside the ranges of the CG variables, expected phi from -180 to 180, "
                "d from 0 to 10"));
  write("# nothing\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("got no point"));
}

namespace {

const std::string kMoleculeBox = "ITEM: BOX BOUNDS pp pp pp\n-7 7.5\n-8 8\n-9 9\n";
const double kLow[3] = {-7, -8, -9}, kEdge[3] = {14.5, 16, 18};

std::string rows_of(const std::vector<double> &x, const std::vector<int> &order)
{
  std::string rows;
  for (const int i : order) {
    char line[200];
    std::snprintf(line, sizeof line, "%d %.17g %.17g %.17g\n", i + 1, x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    rows += line;
  }
  return rows;
}

}    // namespace

TEST_F(TrajectoryTest, UnsortedWrappedMoleculesAreThoseOfTheSortedUnwrappedDump)
{
  const Molecule m = tests::ala2();
  const int n = m.n_atoms();
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0.0, 0.05);
  std::uniform_real_distribution<double> anywhere(-40.0, 40.0);
  std::vector<int> sorted(n), order(n);
  std::iota(sorted.begin(), sorted.end(), 0);
  std::string plain, wrapped;
  int crossed = 0;
  for (int f = 0; f < 50; ++f) {
    const double shift[3] = {anywhere(random), anywhere(random), anywhere(random)};
    auto x = m.configuration;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += normal(random) + shift[i % 3];
    plain += frame("id xu yu zu", rows_of(x, sorted), n, f, kMoleculeBox);
    const auto whole = x;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] -= kEdge[i % 3] * std::floor((x[i] - kLow[i % 3]) / kEdge[i % 3]);
    for (std::size_t i = 3; i < x.size(); ++i) crossed += std::fabs((x[i] - x[i % 3]) - (whole[i] - whole[i % 3])) > 1.0;
    order = sorted;
    std::shuffle(order.begin(), order.end(), random);
    wrapped += frame("id x y z", rows_of(x, order), n, f, kMoleculeBox);
  }
  ASSERT_GT(crossed, 100);
  write(plain);
  const Trajectory a = read_dump(path_, m);
  write(wrapped);
  const Trajectory b = read_dump(path_, m);
  ASSERT_EQ(a.x.size(), 50U * 3 * n);
  ASSERT_EQ(b.x.size(), a.x.size());
  for (int f = 0; f < 50; ++f)
    for (int i = 0; i < 3 * n; ++i) {
      const double *from_a = &a.x[f * 3 * n], *from_b = &b.x[f * 3 * n];
      ASSERT_NEAR(from_b[i] - from_b[i % 3], from_a[i] - from_a[i % 3], 1e-12) << f << " " << i;
    }
}

TEST_F(TrajectoryTest, DumpsOfAnotherMoleculeAreRefused)
{
  const Molecule m = tests::ala2();
  const int n = m.n_atoms();
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  const auto refused = [&](const std::string &text) {
    write(text);
    return message([&] { read_dump(path_, m); });
  };
  const auto good = [&] { return frame("id x y z", rows_of(m.configuration, order), n, 10, kMoleculeBox); };
  EXPECT_EQ(refused(good()), "no error");
  auto x = m.configuration;
  std::swap_ranges(x.begin(), x.begin() + 3, x.begin() + 12);    // atoms 1 and 5
  EXPECT_THAT(refused(good() + frame("id x y z", rows_of(x, order), n, 20, kMoleculeBox)),
              HasSubstr("timestep 20 has the length"));
  EXPECT_THAT(refused(good() + frame("id x y z", rows_of(x, order), n, 20, kMoleculeBox)),
              HasSubstr("between atoms 5 and 6, whose bond is 1.229 long"));
  std::string triclinic = good();
  triclinic.replace(triclinic.find("pp pp pp\n-7 7.5\n-8 8\n-9 9"), 25, "xy xz yz pp pp pp\n-7 7.5 0\n-8 8 0\n-9 9 0");
  EXPECT_THAT(refused(triclinic), HasSubstr("timestep 10 has a triclinic box, expected an orthogonal one"));
  std::vector<int> fewer(order.begin(), order.end() - 1);
  EXPECT_THAT(refused(frame("id x y z", rows_of(m.configuration, fewer), n - 1, 0, kMoleculeBox)),
              HasSubstr("got 21 atoms in a frame, expected the 22 of the molecule"));
  std::string other = good();
  other.replace(other.find("\n22 ") + 1, 2, "23");
  EXPECT_THAT(refused(other), HasSubstr("got no atom 22, expected the atoms 1 to 22 of the molecule"));
}

// Across a face that is not periodic nothing is joined.
TEST_F(TrajectoryTest, FixedFacesAreNoPlaceToJoinOver)
{
  const Molecule m = tests::ala2();
  std::vector<int> order(m.n_atoms());
  std::iota(order.begin(), order.end(), 0);
  auto x = m.configuration;
  x[2] += 18.0;
  write(frame("id x y z", rows_of(x, order), m.n_atoms(), 0, "ITEM: BOX BOUNDS pp pp ff\n-7 7.5\n-8 8\n-9 9\n"));
  EXPECT_THAT(message([&] { read_dump(path_, m); }), HasSubstr("between atoms 1 and 2"));
}
