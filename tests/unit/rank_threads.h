// SPDX-License-Identifier: GPL-2.0-only
// Ranks as threads of the test, with a Communicator without MPI.
#ifndef CGFLOW_TESTS_RANK_THREADS_H
#define CGFLOW_TESTS_RANK_THREADS_H

#include "cgflow/communicator.h"

#include <algorithm>
#include <barrier>
#include <cmath>
#include <cstring>
#include <functional>
#include <thread>

namespace cgflow_test {

struct SharedBoard {
  explicit SharedBoard(int n) : size(n), parts(n), barrier(n) {}
  int size;
  std::vector<std::vector<double>> parts;
  std::vector<char> bytes;
  std::barrier<> barrier;
};

class ThreadCommunicator : public cgflow::Communicator {
 public:
  ThreadCommunicator(SharedBoard &board, int rank) : board_(board), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return board_.size; }
  void sum_share(double *values, std::size_t n) override { sum_share_as(values, n); }
  void sum_share(float *values, std::size_t n) override { sum_share_as(values, n); }
  void spread_share(double *values, std::size_t n) override { spread_share_as(values, n); }
  void spread_share(float *values, std::size_t n) override { spread_share_as(values, n); }
  void max(double *values, std::size_t n) override
  {
    const auto all = exchange({values, values + n});
    for (std::size_t i = 0; i < n; ++i)
      for (const auto &part : all) values[i] = std::max(values[i], part[i]);
  }
  void broadcast(void *bytes, std::size_t n, int root) override
  {
    if (rank_ == root) board_.bytes.assign(static_cast<char *>(bytes), static_cast<char *>(bytes) + n);
    board_.barrier.arrive_and_wait();
    std::memcpy(bytes, board_.bytes.data(), n);
    board_.barrier.arrive_and_wait();
  }
  std::vector<double> gather(const std::vector<double> &values) override
  {
    std::vector<double> all;
    for (const auto &part : exchange(values)) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

 private:
  template <class T> void sum_share_as(T *values, std::size_t n)
  {
    const auto all = exchange({values, values + n});
    const auto [first, count] = share(n);
    std::fill(values, values + n, std::nanf(""));    // nobody may read the shares of other ranks
    for (std::int64_t i = first; i < first + count; ++i) {
      double sum = 0.0;
      for (const auto &part : all) sum += part[i];
      values[i] = static_cast<T>(sum);
    }
  }
  template <class T> void spread_share_as(T *values, std::size_t n)
  {
    const auto [first, count] = share(n);
    const auto all = gather({values + first, values + first + count});
    std::transform(all.begin(), all.end(), values, [](double v) { return static_cast<T>(v); });
  }
  std::vector<std::vector<double>> exchange(std::vector<double> mine)
  {
    board_.parts[rank_] = std::move(mine);
    board_.barrier.arrive_and_wait();
    const auto all = board_.parts;
    board_.barrier.arrive_and_wait();
    return all;
  }
  SharedBoard &board_;
  int rank_;
};

/// Runs f once per rank, at the same time. f must not throw.
inline void run_ranks(int size, const std::function<void(cgflow::Communicator &)> &f)
{
  SharedBoard board(size);
  std::vector<std::thread> threads;
  for (int r = 0; r < size; ++r)
    threads.emplace_back([&board, &f, r] {
      ThreadCommunicator comm(board, r);
      f(comm);
    });
  for (auto &t : threads) t.join();
}

}    // namespace cgflow_test

#endif
