// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_communicator.h"

#include "cgflow_al_signals.h"

#include "cgflow/error.h"
#include "cgflow_lammps_versions.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

using namespace LAMMPS_NS;

namespace {

// MPI counts have the type int, so longer arrays are sent in pieces.
constexpr std::size_t kPiece = std::size_t(1) << 28;
// Arrays of at least so many bytes pass through the node's memory.
constexpr std::size_t kLarge = std::size_t(1) << 15;

// n is the same on all ranks, so either all throw or none.
void require_int(std::size_t n)
{
  constexpr auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
  if (n > most)
    throw cgflow::ShapeError("Exchange over ranks: got " + std::to_string(n) + " values, expected at most " +
                             std::to_string(most));
}

}    // namespace

CGFlowCommunicator::CGFlowCommunicator(MPI_Comm world, bool messages) : world_(world), messages_(messages)
{
  MPI_Comm_rank(world_, &rank_);
  MPI_Comm_size(world_, &size_);
}

// The number of values in each rank's share of n values, and the first one, as in share(n).
CGFlowCommunicator::Shares CGFlowCommunicator::shares(std::size_t n) const
{
  require_int(n);
  Shares all{std::vector<int>(size_), std::vector<int>(size_)};
  for (int r = 0; r < size_; ++r) {
    const auto [first, count] = share_of(static_cast<std::int64_t>(n), r, size_);
    all.first[r] = static_cast<int>(first);
    all.count[r] = static_cast<int>(count);
  }
  return all;
}

// Opened for the first large array, because most communicators never get one. All ranks pass the same size.
CGFlowNodeMemory *CGFlowCommunicator::memory_for(std::size_t bytes)
{
  if (bytes < kLarge) return nullptr;
  if (!memory_ && !messages_) {
    memory_ = CGFlowNodeMemory::of(world_);
    messages_ = !memory_;
  }
  return memory_;
}

// Not MPI_Allreduce, which may add in a different order on each rank: a training must stay equal on all ranks bit for bit.
template <class T> void CGFlowCommunicator::sum_share_as(MPI_Datatype type, T *values, std::size_t n)
{
  if (size_ == 1) return;
  Shares all = shares(n);
  if (auto *memory = memory_for(sizeof(T) * n)) return memory->sum_share(values, all);
  const auto bytes = sizeof(T) * static_cast<std::size_t>(all.count[rank_]);
  received_.resize(bytes);
  MPI_Reduce_scatter(values, received_.data(), all.count.data(), type, MPI_SUM, world_);
  if (bytes > 0) std::memcpy(values + all.first[rank_], received_.data(), bytes);
}

template <class T> void CGFlowCommunicator::spread_share_as(MPI_Datatype type, T *values, std::size_t n)
{
  if (size_ == 1) return;
  Shares all = shares(n);
  if (auto *memory = memory_for(sizeof(T) * n)) return memory->spread_share(values, all);
  MPI_Allgatherv(MPI_IN_PLACE, 0, type, values, all.count.data(), all.first.data(), type, world_);
}

void CGFlowCommunicator::sum_share(double *values, std::size_t n) { sum_share_as(MPI_DOUBLE, values, n); }
void CGFlowCommunicator::sum_share(float *values, std::size_t n) { sum_share_as(MPI_FLOAT, values, n); }
void CGFlowCommunicator::spread_share(double *values, std::size_t n) { spread_share_as(MPI_DOUBLE, values, n); }
void CGFlowCommunicator::spread_share(float *values, std::size_t n) { spread_share_as(MPI_FLOAT, values, n); }

void CGFlowCommunicator::max(double *values, std::size_t n)
{
  bool noted = CGFlowSignals::noted();
  if (size_ > 1) {
    require_int(n + 1);
    extremes_.assign(values, values + n);
    extremes_.push_back(noted);
    MPI_Allreduce(MPI_IN_PLACE, extremes_.data(), static_cast<int>(n + 1), MPI_DOUBLE, MPI_MAX, world_);
    noted = extremes_.back() != 0.0;
    std::copy_n(extremes_.begin(), n, values);
  }
  if (noted) throw CGFlowInterrupted();
}

void CGFlowCommunicator::broadcast(void *bytes, std::size_t n, int root)
{
  if (size_ == 1) return;
  auto *first = static_cast<char *>(bytes);
  for (std::size_t i = 0; i < n; i += kPiece)
    MPI_Bcast(first + i, static_cast<int>(std::min(kPiece, n - i)), MPI_CHAR, root, world_);
}

std::vector<double> CGFlowCommunicator::gather(const std::vector<double> &values)
{
  if (size_ == 1) return values;
  long long mine = static_cast<long long>(values.size());
  std::vector<long long> sizes(size_);
  MPI_Allgather(&mine, 1, MPI_LONG_LONG, sizes.data(), 1, MPI_LONG_LONG, world_);
  const long long total = std::accumulate(sizes.begin(), sizes.end(), 0LL);
  require_int(static_cast<std::size_t>(total));
  std::vector<int> counts(sizes.begin(), sizes.end()), first(size_, 0);
  std::partial_sum(counts.begin(), counts.end() - 1, first.begin() + 1);
  std::vector<double> all(static_cast<std::size_t>(total));
  MPI_Allgatherv(cgflow_send_buffer(values), counts[rank_], MPI_DOUBLE, all.data(), counts.data(), first.data(), MPI_DOUBLE,
                 world_);
  return all;
}

bool CGFlowCommunicator::interrupted()
{
  int noted = CGFlowSignals::noted();
  if (size_ > 1) MPI_Allreduce(MPI_IN_PLACE, &noted, 1, MPI_INT, MPI_MAX, world_);
  return noted != 0;
}
