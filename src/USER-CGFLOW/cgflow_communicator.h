// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_COMMUNICATOR_H
#define LMP_CGFLOW_COMMUNICATOR_H

#include "cgflow/communicator.h"

#include <mpi.h>

namespace LAMMPS_NS {

/// The ranks of one LAMMPS world, for the library. Does not own the MPI communicator.
class CGFlowCommunicator : public cgflow::Communicator {
 public:
  explicit CGFlowCommunicator(MPI_Comm world);
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
  struct Shares {
    std::vector<int> first, count;    // of each rank
  };
  Shares shares(std::size_t n) const;
  template <class T> void sum_share_as(MPI_Datatype type, T *values, std::size_t n);
  template <class T> void spread_share_as(MPI_Datatype type, T *values, std::size_t n) const;

  MPI_Comm world_;
  int rank_ = 0;
  int size_ = 1;
  std::vector<double> extremes_;    // kept, as are those below
  std::vector<char> received_;      // kept: gradients come again and again
};

}    // namespace LAMMPS_NS

#endif
