// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_NODE_MEMORY_H
#define LMP_CGFLOW_NODE_MEMORY_H

#include <mpi.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace LAMMPS_NS {

/// A shared window (MPI-3) of a few megabytes for ranks of one node. Gradients and parameters pass through it faster than by messages,
/// which copy each number twice. All calls are collective, and all ranks pass the same arguments except for the values.
class CGFlowNodeMemory {
 public:
  /// The share of each rank in an array, as cgflow::Communicator::share() divides it.
  struct Shares {
    std::vector<int> first, count;
  };

  /// The memory of the communicator, which is made at the first call and lives as long as the communicator. Null where messages must
  /// serve: with one rank, ranks on several nodes, an MPI without shared windows, too many ranks (buffer_bytes()), or no room.
  static CGFlowNodeMemory *of(MPI_Comm ranks);

  /// Bytes of a rank's buffer with so many ranks on the node, a multiple of a page. 0 with so many ranks that a piece, which is what
  /// one rank sends to another between two barriers, would hold fewer than 256 numbers.
  static std::size_t buffer_bytes(std::int64_t ranks);
  /// Writes zeros to the memory, so that all its pages exist. False when there is no room for a page, where the first access to it
  /// would otherwise end the process by the signal SIGBUS.
  static bool make_pages(char *memory, std::size_t bytes);

  ~CGFlowNodeMemory();
  CGFlowNodeMemory(const CGFlowNodeMemory &) = delete;
  CGFlowNodeMemory &operator=(const CGFlowNodeMemory &) = delete;

  /// As cgflow::Communicator::sum_share() and spread_share(), for float and double.
  template <class T> void sum_share(T *values, const Shares &shares);
  template <class T> void spread_share(T *values, const Shares &shares);

 private:
  CGFlowNodeMemory() = default;
  bool open(MPI_Comm ranks);
  template <class T> T *buffer_of(int rank) const;
  void meet();

  struct Window;
  Window *window_ = nullptr;
  int rank_ = 0, size_ = 1;
  std::size_t bytes_ = 0;          // of a buffer
  std::vector<char *> buffers_;    // [size], each two halves of bytes_
  int half_ = 0;
};

}    // namespace LAMMPS_NS

#endif
