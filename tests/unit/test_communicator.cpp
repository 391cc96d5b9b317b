// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/communicator.h"

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

TEST(Communicator, OneRankGetsBackWhatItGives)
{
  SerialCommunicator one;
  double values[] = {1.5, -2.0};
  one.sum(values, 2);
  one.max(values, 2);
  one.broadcast(values, sizeof values, 0);
  EXPECT_THAT(values, testing::ElementsAre(1.5, -2.0));
  EXPECT_THAT(one.gather({3.0}), testing::ElementsAre(3.0));
  EXPECT_EQ(one.rank(), 0);
  EXPECT_EQ(one.size(), 1);
}
