// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_COMMUNICATOR_H
#define CGFLOW_COMMUNICATOR_H

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace cgflow {

/// Communication of the ranks that learn together, which the host program implements. All calls are collective.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// Replaces this rank's share(n) of `values` [n] by the sum over ranks; the rest is undefined afterwards.
  virtual void sum_share(double *values, std::size_t n) = 0;
  virtual void sum_share(float *values, std::size_t n) = 0;
  /// Before the call each rank knows its share(n) of `values` [n]; afterwards every rank knows all of them, bit for bit.
  virtual void spread_share(double *values, std::size_t n) = 0;
  virtual void spread_share(float *values, std::size_t n) = 0;
  /// Replaces `values` [n] by the sum over ranks. Every rank gets the same bits, because each number is summed on one rank.
  void sum(double *values, std::size_t n)
  {
    sum_share(values, n);
    spread_share(values, n);
  }
  /// Replaces `values` [n] by the maximum over ranks.
  virtual void max(double *values, std::size_t n) = 0;
  /// Copies n bytes from rank `root` to all others.
  virtual void broadcast(void *bytes, std::size_t n, int root) = 0;
  /// The values of all ranks in rank order, the same on every rank. Ranks may have different numbers of values.
  virtual std::vector<double> gather(const std::vector<double> &values) = 0;

  /// {first, count} of the share of n items that belongs to this rank. Shares are contiguous and differ by at most one item.
  std::pair<std::int64_t, std::int64_t> share(std::int64_t n) const { return share_of(n, rank(), size()); }
  /// The share of any rank.
  static std::pair<std::int64_t, std::int64_t> share_of(std::int64_t n, std::int64_t rank, std::int64_t size)
  {
    const std::int64_t first = n * rank / size, last = n * (rank + 1) / size;
    return {first, last - first};
  }
};

/// One rank.
class SerialCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void sum_share(double *, std::size_t) override {}
  void sum_share(float *, std::size_t) override {}
  void spread_share(double *, std::size_t) override {}
  void spread_share(float *, std::size_t) override {}
  void max(double *, std::size_t) override {}
  void broadcast(void *, std::size_t, int) override {}
  std::vector<double> gather(const std::vector<double> &values) override { return values; }
};

}    // namespace cgflow

#endif
