// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/trajectory.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

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
  EXPECT_THAT(message([&] { read_dump(path_); }), HasSubstr("not a finite number"));
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
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("expected finite numbers"));
  write("1 2 3\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("line 1: got 3 columns, expected 2"));
  write("1 two\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("got 'two', expected a number"));
  write("1 11\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("outside the ranges"));
  write("# nothing\n");
  EXPECT_THAT(message([&] { read_points(path_, kTorus); }), HasSubstr("got no point"));
}
