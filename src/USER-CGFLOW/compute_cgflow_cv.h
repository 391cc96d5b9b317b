// SPDX-License-Identifier: GPL-2.0-only
#ifdef COMPUTE_CLASS
// clang-format off
ComputeStyle(cgflow/cv,ComputeCGFlowCV);
// clang-format on
#else

#ifndef LMP_COMPUTE_CGFLOW_CV_H
#define LMP_COMPUTE_CGFLOW_CV_H

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

/// The CG variables of each molecule of a running all-atom system.
class ComputeCGFlowCV : public Compute {
 public:
  ComputeCGFlowCV(class LAMMPS *, int, char **);
  ~ComputeCGFlowCV() override;
  void init() override;
  void compute_array() override;
  double memory_usage() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;

  void find_molecules();
};

}    // namespace LAMMPS_NS

#endif
#endif
