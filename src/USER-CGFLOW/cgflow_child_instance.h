// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_INSTANCE_H
#define LMP_CGFLOW_CHILD_INSTANCE_H

#include <functional>
#include <mpi.h>
#include <string>

namespace LAMMPS_NS {

/// A silent LAMMPS instance on one rank that has executed an atomistic script with the parent's variables. Owns the
/// instance and its communicator. Suffixes and package settings of the parent are not inherited.
class CGFlowChildInstance {
 public:
  /// Throws cgflow::EnergyError, led by "Atomistic script FILE: ", when the script fails or holds a command that it may
  /// not hold. Collective over the parent's world, because its equal-style variables may be.
  CGFlowChildInstance(class LAMMPS *parent, const std::string &script);
  ~CGFlowChildInstance();
  CGFlowChildInstance(const CGFlowChildInstance &) = delete;
  CGFlowChildInstance &operator=(const CGFlowChildInstance &) = delete;

  class LAMMPS *lammps() const { return lmp_; }
  void one(const std::string &command);
  /// Runs work; errors of the child come out as cgflow::EnergyError with the child's own message.
  void guarded(const std::function<void()> &work) const;

 private:
  void hand_over_variables(class LAMMPS *parent, const class CGFlowScript &text);
  void execute();
  void close();

  std::string script_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  class LAMMPS *lmp_ = nullptr;
};

}    // namespace LAMMPS_NS

#endif
