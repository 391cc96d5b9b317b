// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_COMMUNICATOR_H
#define LMP_CGFLOW_COMMUNICATOR_H

#include "cgflow_node_memory.h"

#include "cgflow/communicator.h"

#include <mpi.h>

namespace LAMMPS_NS {

/// The library's access to the ranks of an MPI communicator, which it does not own. Large arrays pass through shared memory where all
/// ranks are on one node.
class CGFlowCommunicator : public cgflow::Communicator {
 public:
  /// `messages`: use messages for large arrays too.
  explicit CGFlowCommunicator(MPI_Comm world, bool messages = false);
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum_share(double *values, std::size_t n) override;
  void sum_share(float *values, std::size_t n) override;
  void spread_share(double *values, std::size_t n) override;
  void spread_share(float *values, std::size_t n) override;
  /// Throws CGFlowInterrupted on all ranks when CGFlowSignals has recorded a signal on any rank. Each step of a training calls this, so
  /// a training ends within milliseconds of a signal, without a message of its own for that.
  void max(double *values, std::size_t n) override;
  void broadcast(void *bytes, std::size_t n, int root) override;
  std::vector<double> gather(const std::vector<double> &values) override;
  /// Whether CGFlowSignals has recorded a signal on any rank. Collective.
  bool interrupted();

 private:
  using Shares = CGFlowNodeMemory::Shares;
  Shares shares(std::size_t n) const;
  CGFlowNodeMemory *memory_for(std::size_t bytes);
  template <class T> void sum_share_as(MPI_Datatype type, T *values, std::size_t n);
  template <class T> void spread_share_as(MPI_Datatype type, T *values, std::size_t n);

  MPI_Comm world_;
  int rank_ = 0;
  int size_ = 1;
  bool messages_;                         // large arrays use messages too
  CGFlowNodeMemory *memory_ = nullptr;    // belongs to world_
  std::vector<double> extremes_;          // kept between calls
  std::vector<char> received_;            // kept between calls, because gradients come repeatedly
};

}    // namespace LAMMPS_NS

#endif
