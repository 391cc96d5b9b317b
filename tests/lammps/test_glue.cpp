// SPDX-License-Identifier: GPL-2.0-only
// Communicator, node memory, log, and translation of errors; runs on any number of ranks.
#include "cgflow_al_run_state.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_log.h"

#include "cgflow/error.h"

#include "error.h"
#include "lammps.h"
#include "utils.h"

#include <gtest/gtest.h>
#include <mpi.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace LAMMPS_NS;

namespace {

int rank()
{
  int me;
  MPI_Comm_rank(MPI_COMM_WORLD, &me);
  return me;
}

int size()
{
  int n;
  MPI_Comm_size(MPI_COMM_WORLD, &n);
  return n;
}

class Glue : public testing::Test {
 protected:
  void SetUp() override
  {
    log_ = (std::filesystem::temp_directory_path() / ("cgflow-glue-" + std::to_string(size()) + ".log")).string();
    LAMMPS::argv args{"glue", "-nocite", "-echo", "none", "-log", log_, "-screen", "none"};
    lmp_ = std::make_unique<LAMMPS>(args, MPI_COMM_WORLD);
  }
  std::string text()
  {
    lmp_.reset();
    MPI_Barrier(MPI_COMM_WORLD);
    std::stringstream all;
    all << std::ifstream(log_).rdbuf();
    return all.str();
  }
  std::string guarded(const std::function<void()> &work, const std::string &place = "Here")
  {
    try {
      cgflow_guarded(lmp_.get(), place, work);
    } catch (const LAMMPSException &e) {
      return e.what();
    }
    return "";
  }
  std::unique_ptr<LAMMPS> lmp_;
  std::string log_;
};

}    // namespace

TEST(Communicator, SumHasTheSameBitsEverywhere)
{
  CGFlowCommunicator comm(MPI_COMM_WORLD);
  ASSERT_EQ(comm.rank(), rank());
  ASSERT_EQ(comm.size(), size());
  std::vector<double> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / (1.0 + i + 0.1 * rank());
  double expected = 0.0;
  for (int r = 0; r < size(); ++r) expected += 1.0 / (1.0 + 10 + 0.1 * r);
  comm.sum(values.data(), values.size());
  EXPECT_NEAR(values[10], expected, 1e-14);
  auto roots = values;
  comm.broadcast(roots.data(), roots.size() * sizeof(double), 0);
  EXPECT_EQ(std::memcmp(roots.data(), values.data(), values.size() * sizeof(double)), 0);
}

// Sizes below and above one piece of the node's memory, and pieces of every length; several rounds, because buffers are used again.
// Sums of whole numbers are exact in any order.
template <class T> void expect_the_same_as_by_messages()
{
  CGFlowCommunicator memory(MPI_COMM_WORLD), messages(MPI_COMM_WORLD, true);
  for (const std::size_t n :
       {std::size_t(3), std::size_t(8191), std::size_t(65537), std::size_t(1000003), std::size_t(40000)})
    for (int repeat = 0; repeat < 3; ++repeat) {
      SCOPED_TRACE(testing::Message() << n << " values, round " << repeat);
      std::vector<T> a(n);
      for (std::size_t i = 0; i < n; ++i) a[i] = static_cast<T>((i * 7 + 13 * (rank() + repeat)) % 1024);
      std::vector<T> b = a;
      const auto [first, count] = memory.share(static_cast<std::int64_t>(n));
      memory.sum_share(a.data(), n);
      messages.sum_share(b.data(), n);
      EXPECT_TRUE(std::equal(a.begin() + first, a.begin() + first + count, b.begin() + first));
      memory.spread_share(a.data(), n);
      memory.spread_share(a.data(), n);    // twice without a sum between them
      messages.spread_share(b.data(), n);
      EXPECT_EQ(a, b);
    }
}

TEST(Communicator, NodeMemoryGivesWhatMessagesGive)
{
  expect_the_same_as_by_messages<float>();
  expect_the_same_as_by_messages<double>();
}

// Two communicators of the same ranks, as two fixes have them.
TEST(Communicator, TwoOnTheSameRanksTakeTurns)
{
  if (size() == 1) GTEST_SKIP() << "one rank shares nothing";
  CGFlowCommunicator one(MPI_COMM_WORLD), two(MPI_COMM_WORLD);
  std::vector<double> a(50000, 1.0), b(50000, 2.0);
  one.sum(a.data(), a.size());
  two.sum(b.data(), b.size());
  one.sum(a.data(), a.size());
  EXPECT_EQ(a.back(), size() * size());
  EXPECT_EQ(b.front(), 2.0 * size());
  EXPECT_EQ(CGFlowNodeMemory::of(MPI_COMM_WORLD), CGFlowNodeMemory::of(MPI_COMM_WORLD));
}

// A process that is killed leaves the files whose memory it uses, unless they have been removed before: then they are "(deleted)".
std::set<std::string> shared_files()
{
  std::set<std::string> names;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto at = line.find("/dev/shm/"); at != std::string::npos && line.find("(deleted)") == std::string::npos)
      names.insert(line.substr(at));
  return names;
}

// Arrays of every small number of values, so that shares are uneven and some are empty; and a communicator that is freed, with its
// memory, and made again.
TEST(Communicator, NodeMemoryOfUnevenSharesAndOfACommunicatorThatIsFreed)
{
  const auto files = shared_files();
  for (int round = 0; round < 3; ++round) {
    MPI_Comm ranks;
    MPI_Comm_dup(MPI_COMM_WORLD, &ranks);
    CGFlowNodeMemory *memory = CGFlowNodeMemory::of(ranks);
    ASSERT_EQ(memory != nullptr, size() > 1 && MPI_VERSION >= 3);
    EXPECT_EQ(shared_files(), files) << "a file of the memory stays";
    for (int n = 0; memory && n <= 2 * size() + 1; ++n) {
      CGFlowNodeMemory::Shares shares;
      for (int r = 0; r < size(); ++r) {
        const auto [first, count] = cgflow::Communicator::share_of(n, r, size());
        shares.first.push_back(static_cast<int>(first));
        shares.count.push_back(static_cast<int>(count));
      }
      std::vector<double> values(n), sums(n);
      for (int i = 0; i < n; ++i) {
        values[i] = 10.0 * i + rank();
        sums[i] = 10.0 * i * size() + size() * (size() - 1) / 2;
      }
      memory->sum_share(values.data(), shares);
      memory->spread_share(values.data(), shares);
      EXPECT_EQ(values, sums) << n << " values";
    }
    MPI_Comm_free(&ranks);
  }
}

// What a rank sends to another between two barriers is at least 256 numbers, so no loop over pieces is without end; the buffers of all
// ranks are at most 8 MB. With too many ranks for that there is no memory, and messages serve.
TEST(NodeMemory, BuffersFitAnyNumberOfRanks)
{
  EXPECT_EQ(CGFlowNodeMemory::buffer_bytes(1), 0U);
  EXPECT_EQ(CGFlowNodeMemory::buffer_bytes(2), std::size_t(512) << 10);
  EXPECT_EQ(CGFlowNodeMemory::buffer_bytes(44), 23 * 4096U);    // 4 MB / 44, in whole pages
  EXPECT_EQ(CGFlowNodeMemory::buffer_bytes(45), 0U);
  for (std::size_t ranks = 2; ranks <= 100000; ++ranks) {
    const std::size_t bytes = CGFlowNodeMemory::buffer_bytes(static_cast<std::int64_t>(ranks));
    ASSERT_EQ(bytes % 4096, 0U);
    ASSERT_LE(2 * bytes * ranks, std::size_t(8) << 20) << ranks << " ranks";
    ASSERT_TRUE(bytes == 0 || bytes / sizeof(double) / ranks >= 256) << ranks << " ranks";
    ASSERT_EQ(bytes == 0, ranks > 44) << ranks << " ranks";
  }
}

// A file of one page, mapped as four: an access to the second page would end this process by SIGBUS, as in a full /dev/shm.
TEST(NodeMemory, PagesThatCannotBeMadeAreNoSignal)
{
  constexpr std::size_t kPage = 4096;
  std::FILE *file = std::tmpfile();
  ASSERT_TRUE(file);
  ASSERT_EQ(ftruncate(fileno(file), kPage), 0);
  void *memory = mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
  ASSERT_NE(memory, MAP_FAILED);
  char *bytes = static_cast<char *>(memory);
  bytes[7] = 'x';
  EXPECT_TRUE(CGFlowNodeMemory::make_pages(bytes, kPage));
  EXPECT_EQ(bytes[7], 0);
  EXPECT_FALSE(CGFlowNodeMemory::make_pages(bytes, 4 * kPage));
  munmap(memory, 4 * kPage);
  std::fclose(file);
}

TEST(Communicator, MaxGatherBroadcastAndShare)
{
  CGFlowCommunicator comm(MPI_COMM_WORLD);
  double values[] = {static_cast<double>(rank()), static_cast<double>(-rank())};
  comm.max(values, 2);
  EXPECT_EQ(values[0], size() - 1);
  EXPECT_EQ(values[1], 0.0);

  const auto all = comm.gather(std::vector<double>(rank() + 1, rank()));    // rank r gives r + 1 values
  ASSERT_EQ(all.size(), static_cast<std::size_t>(size() * (size() + 1) / 2));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(all.back(), size() - 1);
  EXPECT_TRUE(comm.gather({}).empty());

  char word[] = "none";
  if (rank() == size() - 1) std::strcpy(word, "last");
  comm.broadcast(word, 4, size() - 1);
  EXPECT_STREQ(word, "last");

  double covered = static_cast<double>(comm.share(17).second);
  comm.sum(&covered, 1);
  EXPECT_EQ(covered, 17.0);
}

TEST_F(Glue, WorkWithoutErrorPasses)
{
  bool done = false;
  EXPECT_EQ(guarded([&] { done = true; }), "");
  EXPECT_TRUE(done);
}

TEST_F(Glue, ErrorOfOneRankComesOutOnAll)
{
  const auto got = guarded([] {
    if (rank() == size() - 1) throw cgflow::ConfigError("braces {} and {0} stay");
  });
  EXPECT_NE(got.find("ERROR: Here: braces {} and {0} stay"), std::string::npos) << got;
}

TEST_F(Glue, LowestRankSpeaks)
{
  const auto got = guarded([] { throw std::runtime_error("rank " + std::to_string(rank())); }, "");
  EXPECT_NE(got.find("ERROR: rank 0"), std::string::npos) << got;
}

TEST_F(Glue, ErrorsOfLammpsPassUnchanged)
{
  const auto got = guarded([&] { lmp_->error->all(FLERR, "own words"); });
  EXPECT_EQ(got.find("ERROR: own words"), 0U) << got;
}

TEST_F(Glue, TextsForProgrammersStayInside)
{
  const auto text = [](const std::string &what) { return cgflow_error_text(cgflow::ShapeError(what)); };
  EXPECT_EQ(text("bad shape\nException raised from f at g.cpp:1"), "bad shape");
  EXPECT_EQ(text("bad shape\nframe #0: c10::Error"), "bad shape");
  EXPECT_EQ(text("two\nlines and a \ttab"), "two\nlines and a \ttab");
  const std::string memory = "fewer or smaller networks, batches, points or structures need less";
  EXPECT_EQ(cgflow_error_text(std::bad_alloc()), "not enough memory: " + memory);
  EXPECT_EQ(text("[enforce fail] can't allocate memory: you tried to allocate 144 bytes. Error code 12\nframe #0"),
            "not enough memory, 144 bytes more were needed: " + memory);
}

TEST_F(Glue, ErrorsThatTheLibraryDoesNotKnowAreCalledInternal)
{
  const std::string internal = "internal error, please report it with the input files and this text: ";
  struct Foreign : std::exception {
    const char *what() const noexcept override { return "linalg.cholesky: not positive-definite\nframe #0: c10::Error"; }
  };
  EXPECT_EQ(cgflow_error_text(Foreign()), internal + "linalg.cholesky: not positive-definite");
  EXPECT_EQ(cgflow_error_text(std::out_of_range("map::at")), internal + "map::at");
  EXPECT_EQ(cgflow_error_text(std::runtime_error("there is no GPU")), "there is no GPU");
  EXPECT_EQ(cgflow_error_text(cgflow::ConfigError("flow.bins: got 0")), "flow.bins: got 0");
}

TEST_F(Glue, LimitOfMemoryIsNamed)
{
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  if (before.rlim_max != RLIM_INFINITY) GTEST_SKIP() << "there is a limit already";
  const rlimit limit{rlim_t(1) << 40, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
  const std::string text = cgflow_error_text(std::bad_alloc());
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_EQ(text.find("not enough memory, this process may have 1048576 MB in all (ulimit -v): "), 0U) << text;
}

TEST_F(Glue, TextsOfForgedFilesCannotCommandATerminal)
{
  const auto text = [](const std::string &what) { return cgflow_error_text(cgflow::FileError(what)); };
  EXPECT_EQ(text("got '\x1b[2J\x07'"), "got '?[2J?'");
  EXPECT_EQ(text("\xff\xc3\xa4\xc3"), "?\xc3\xa4?");    // an umlaut stays
  EXPECT_EQ(text("\xe2\x82\xac\xf0\x9f\x98\x80"), "\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(text("\xc0\xaf\xed\xa0\x80"), "?????");    // overlong, half a pair
}

TEST_F(Glue, ThrownThingsOfAnyKindAreErrors)
{
  EXPECT_NE(guarded([] { throw 3; }).find("Here: unknown error"), std::string::npos);
}

TEST_F(Glue, LinesAndWarningsComeOnceFromRankZero)
{
  CGFlowLog log(lmp_.get(), "cgflow/test");
  log.line("iteration {1}");
  log.warning("careful {}");
  const auto got = text();
  const auto first = got.find("cgflow/test: iteration {1}\n");
  ASSERT_NE(first, std::string::npos) << got;
  EXPECT_EQ(got.find("cgflow/test: iteration", first + 1), std::string::npos);
  EXPECT_NE(got.find("WARNING: cgflow/test: careful {}"), std::string::npos) << got;
}

TEST(RunState, GoesThroughItsTransitionsAndNoOthers)
{
  using Run = CGFlowALRunState::Run;
  using End = CGFlowALRunState::End;
  CGFlowALRunState state;
  EXPECT_FALSE(state.in_run());
  EXPECT_THROW(state.make_idle(), std::logic_error) << "no run has begun";
  for (const End end : {End::last_sweep, End::cut_short, End::given_up}) {
    state.begin();
    EXPECT_EQ(state.run(), Run::sweeping);
    EXPECT_TRUE(state.goes_on());
    EXPECT_THROW(state.end_is(End::open), std::logic_error);
    state.end_is(end);
    EXPECT_EQ(state.end(), end);
    EXPECT_FALSE(state.goes_on());
    EXPECT_TRUE(state.in_run());
    for (const End other : {End::last_sweep, End::cut_short, End::given_up})
      EXPECT_THROW(state.end_is(other), std::logic_error) << "a run ends in one way";
    state.leave();
    EXPECT_FALSE(state.in_run());
  }
  state.begin();
  state.make_idle();
  EXPECT_EQ(state.run(), Run::idle);
  EXPECT_THROW(state.make_idle(), std::logic_error);
  state.begin();    // after an error, which has ended the last run before it was over
  EXPECT_EQ(state.run(), Run::sweeping);
  EXPECT_TRUE(state.goes_on());
}

int main(int argc, char **argv)
{
  testing::InitGoogleTest(&argc, argv);
  MPI_Init(&argc, &argv);
  if (rank() > 0) {    // one report
    auto &listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  int failed = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return failed;
}
