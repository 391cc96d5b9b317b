// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_communicator.h"

#include "cgflow/error.h"
#include "cgflow_lammps_versions.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

using namespace LAMMPS_NS;

namespace {

// MPI counts are int: longer arrays go in pieces.
constexpr std::size_t kPiece = std::size_t(1) << 28;

}    // namespace

CGFlowCommunicator::CGFlowCommunicator(MPI_Comm world) : world_(world)
{
  MPI_Comm_rank(world_, &rank_);
  MPI_Comm_size(world_, &size_);
}

// MPI_Allreduce may add in another order on each rank; a training that must stay equal on all ranks needs equal bits, so one
// rank adds and the others copy.
void CGFlowCommunicator::sum(double *values, std::size_t n)
{
  if (size_ == 1) return;
  for (std::size_t i = 0; i < n; i += kPiece) {
    const int count = static_cast<int>(std::min(kPiece, n - i));
    if (rank_ == 0)
      MPI_Reduce(MPI_IN_PLACE, values + i, count, MPI_DOUBLE, MPI_SUM, 0, world_);
    else
      MPI_Reduce(values + i, nullptr, count, MPI_DOUBLE, MPI_SUM, 0, world_);
    MPI_Bcast(values + i, count, MPI_DOUBLE, 0, world_);
  }
}

void CGFlowCommunicator::max(double *values, std::size_t n)
{
  if (size_ == 1) return;
  for (std::size_t i = 0; i < n; i += kPiece) {
    const int count = static_cast<int>(std::min(kPiece, n - i));
    MPI_Allreduce(MPI_IN_PLACE, values + i, count, MPI_DOUBLE, MPI_MAX, world_);
  }
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
  // Every rank knows the total, so every rank throws.
  if (total > std::numeric_limits<int>::max())
    throw cgflow::ShapeError("Gather over ranks: " + std::to_string(total) + " values; at most " +
                             std::to_string(std::numeric_limits<int>::max()));
  std::vector<int> counts(sizes.begin(), sizes.end()), first(size_, 0);
  std::partial_sum(counts.begin(), counts.end() - 1, first.begin() + 1);
  std::vector<double> all(static_cast<std::size_t>(total));
  MPI_Allgatherv(cgflow_send_buffer(values), counts[rank_], MPI_DOUBLE, all.data(), counts.data(), first.data(), MPI_DOUBLE,
                 world_);
  return all;
}
