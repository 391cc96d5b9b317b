// SPDX-License-Identifier: GPL-2.0-only
#ifdef COMPUTE_CLASS
// clang-format off
ComputeStyle(cgflow/std,ComputeCGFlowStd);
// clang-format on
#else

#ifndef LMP_COMPUTE_CGFLOW_STD_H
#define LMP_COMPUTE_CGFLOW_STD_H

#include "compute.h"

#include <memory>

namespace LAMMPS_NS {

/// Per-atom std of the PMF model at the atoms' present positions, in energy units.
class ComputeCGFlowStd : public Compute {
 public:
  ComputeCGFlowStd(class LAMMPS *lmp, int narg, char **arg);
  ~ComputeCGFlowStd() override;
  void init() override;
  void compute_peratom() override;
  double memory_usage() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

#endif
#endif
