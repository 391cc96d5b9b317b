// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_INSTANCE_H
#define LMP_CGFLOW_CHILD_INSTANCE_H

#include "cgflow_child_variables.h"

#include "cgflow/error.h"

#include <functional>
#include <mpi.h>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The text of a LAMMPS error without its heading and without the newline at its end.
std::string cgflow_tidy_error(std::string text);

/// An error with the heading "Atomistic script FILE: ", unless `what` has it already.
cgflow::EnergyError cgflow_script_error(const std::string &script, const std::string &what);

/// A silent LAMMPS instance on one rank that has executed an atomistic script with the parent's variables. Owns the
/// instance and its communicator. Suffixes and package settings of the parent are not inherited. Not collective.
class CGFlowChildInstance {
 public:
  /// `variables`: those of cgflow_child_variables() for the same script. Throws cgflow_script_error() when the script fails or
  /// holds a command that it may not hold.
  CGFlowChildInstance(const std::string &script, const std::vector<CGFlowVariable> &variables);
  ~CGFlowChildInstance();
  CGFlowChildInstance(const CGFlowChildInstance &) = delete;
  CGFlowChildInstance &operator=(const CGFlowChildInstance &) = delete;

  class LAMMPS *lammps() const { return lmp_; }
  /// The files that the script has read by read_data.
  const std::vector<std::string> &data_files() const { return data_files_; }
  void one(const std::string &command);
  /// Runs work; errors of the child come out as cgflow::EnergyError with the child's own message.
  void guarded(const std::function<void()> &work) const;

 private:
  void execute();
  void close();

  std::string script_;
  std::vector<std::string> data_files_;
  MPI_Comm comm_ = MPI_COMM_NULL;
  class LAMMPS *lmp_ = nullptr;
};

}    // namespace LAMMPS_NS

#endif
