// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_COMMUNICATOR_H
#define LMP_CGFLOW_COMMUNICATOR_H

#include "cgflow_node_memory.h"

#include "cgflow/communicator.h"

#include <mpi.h>

namespace LAMMPS_NS {

/// The ranks of one LAMMPS world, for the library. Does not own the MPI communicator. Large arrays go through memory that the ranks
/// share where they are all on one node.
class CGFlowCommunicator : public cgflow::Communicator {
 public:
  /// `messages`: by messages alone.
  explicit CGFlowCommunicator(MPI_Comm world, bool messages = false);
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void sum_share(double *values, std::size_t n) override;
  void sum_share(float *values, std::size_t n) override;
  void spread_share(double *values, std::size_t n) override;
  void spread_share(float *values, std::size_t n) override;
  /// Throws CGFlowInterrupted instead, on all ranks, when CGFlowSignals has noted a signal on any: each step of a training comes
  /// here, so that one ends within milliseconds, and the question costs no message of its own.
  void max(double *values, std::size_t n) override;
  void broadcast(void *bytes, std::size_t n, int root) override;
  std::vector<double> gather(const std::vector<double> &values) override;
  /// Whether CGFlowSignals has noted a signal on any rank. Collective.
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
  bool messages_;                         // large arrays, too, go by messages
  CGFlowNodeMemory *memory_ = nullptr;    // belongs to world_
  std::vector<double> extremes_;          // kept, as are those below
  std::vector<char> received_;            // kept: gradients come again and again
};

}    // namespace LAMMPS_NS

#endif
