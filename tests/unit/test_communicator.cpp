// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/communicator.h"

#include "rank_threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;

namespace {
class Rank : public SerialCommunicator {
 public:
  Rank(int rank, int size) : rank_(rank), size_(size) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }

 private:
  int rank_, size_;
};

// Each rank gives values of its own; all must get the same results, whatever the implementation.
template <class T> void expect_share_and_spread(Communicator &comm, std::size_t n)
{
  std::vector<T> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<T>(1 + comm.rank() + 10 * i);
  comm.sum_share(values.data(), n);
  comm.spread_share(values.data(), n);
  const int size = comm.size();
  for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(values[i], static_cast<T>(size * (size + 1) / 2 + 10 * size * i)) << i;
}

void expect_contract(Communicator &comm)
{
  const int size = comm.size(), rank = comm.rank();
  for (const std::size_t n : {0, 1, 2, 7}) {
    expect_share_and_spread<double>(comm, n);
    expect_share_and_spread<float>(comm, n);
    std::vector<double> values(n, 0.5 + rank);
    comm.sum(values.data(), n);
    EXPECT_THAT(values, testing::Each(0.5 * size * size));
    std::vector<double> highest(n, -1.0 - rank);
    comm.max(highest.data(), n);
    EXPECT_THAT(highest, testing::Each(-1.0));
  }
  for (int root = 0; root < size; ++root) {
    int number = 100 + rank;
    comm.broadcast(&number, sizeof number, root);
    EXPECT_EQ(number, 100 + root);
  }
  // Rank r gives r + 1 values.
  std::vector<double> expected;
  for (int r = 0; r < size; ++r) expected.insert(expected.end(), r + 1, 0.25 * r);
  EXPECT_EQ(comm.gather(std::vector<double>(rank + 1, 0.25 * rank)), expected);
}
}    // namespace

TEST(Communicator, SharesAreContiguousAndDifferByAtMostOne)
{
  for (const std::int64_t n : {0, 1, 2, 7, 64, 1001})
    for (const int size : {1, 2, 3, 4, 7}) {
      std::int64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const auto [first, count] = Rank(rank, size).share(n);
        EXPECT_EQ(first, next);
        EXPECT_GE(count, n / size);
        EXPECT_LE(count, n / size + 1);
        next = first + count;
      }
      EXPECT_EQ(next, n);
    }
}

TEST(Communicator, EveryRankGetsWhatAllHaveGiven)
{
  SerialCommunicator one;
  EXPECT_EQ(one.rank(), 0);
  EXPECT_EQ(one.size(), 1);
  expect_contract(one);
  for (const int size : {1, 2, 3, 5}) cgflow_test::run_ranks(size, expect_contract);
}
