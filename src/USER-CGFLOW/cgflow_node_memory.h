// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_NODE_MEMORY_H
#define LMP_CGFLOW_NODE_MEMORY_H

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace LAMMPS_NS {

/// A few megabytes that all ranks of one node see. Through it a gradient and the new parameters pass in 0.6 of the time that messages take,
/// which copy each number twice. All calls are collective, and what ranks give to one is the same but for the values.
class CGFlowNodeMemory {
 public:
  /// Shares of an array, of each rank, as cgflow::Communicator::share() has them.
  struct Shares {
    std::vector<int> first, count;
  };
  /// Null where the ranks do not all see one memory, or it has no room: messages serve as well.
  static std::unique_ptr<CGFlowNodeMemory> open(MPI_Comm world);
  ~CGFlowNodeMemory();
  CGFlowNodeMemory(const CGFlowNodeMemory &) = delete;
  CGFlowNodeMemory &operator=(const CGFlowNodeMemory &) = delete;

  /// As cgflow::Communicator::sum_share() and spread_share(), for float and double.
  template <class T> void sum_share(T *values, const Shares &shares);
  template <class T> void spread_share(T *values, const Shares &shares);

 private:
  CGFlowNodeMemory(MPI_Comm world, char *memory, std::size_t room);
  template <class T> T *room_of(int rank) const;
  void meet();

  MPI_Comm world_;
  int rank_ = 0, size_ = 1;
  char *memory_;
  std::size_t room_;    // bytes of a rank in each half
  int half_ = 0;
};

}    // namespace LAMMPS_NS

#endif
