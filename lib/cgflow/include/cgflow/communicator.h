// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_COMMUNICATOR_H
#define CGFLOW_COMMUNICATOR_H

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cgflow {

/// What the library asks of the ranks that learn together. All calls are collective.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Replaces `values` by the sum over ranks. Every rank gets the same bits.
  virtual void sum(double *values, std::size_t n) = 0;
  /// Replaces `values` by the maximum over ranks.
  virtual void max(double *values, std::size_t n) = 0;
  virtual void broadcast(void *bytes, std::size_t n, int root) = 0;
  /// Concatenation of all ranks' values in rank order, the same on every rank.
  virtual std::vector<double> gather(const std::vector<double> &values) = 0;

  /// The share [first, first + count) of n items that belongs to this rank: contiguous, sizes differ by at most one.
  std::pair<std::int64_t, std::int64_t> share(std::int64_t n) const
  {
    const std::int64_t p = size(), r = rank();
    const std::int64_t first = n * r / p, last = n * (r + 1) / p;
    return {first, last - first};
  }
};

/// One rank.
class SerialCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void sum(double *, std::size_t) override {}
  void max(double *, std::size_t) override {}
  void broadcast(void *, std::size_t, int) override {}
  std::vector<double> gather(const std::vector<double> &values) override { return values; }
};

}    // namespace cgflow

#endif
