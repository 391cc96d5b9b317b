// SPDX-License-Identifier: GPL-2.0-only
#ifdef FIX_CLASS
// clang-format off
FixStyle(cgflow/al,FixCGFlowAL);
// clang-format on
#else

#ifndef LMP_FIX_CGFLOW_AL_H
#define LMP_FIX_CGFLOW_AL_H

#include "fix.h"

#include <memory>

namespace LAMMPS_NS {

class FixCGFlowAL : public Fix {
 public:
  FixCGFlowAL(class LAMMPS *, int, char **);
  ~FixCGFlowAL() override;
  int setmask() override;
  void init() override;
  void setup_pre_exchange() override;
  void setup(int vflag) override;
  void initial_integrate(int) override;
  void end_of_step() override;
  void post_run() override;
  double compute_vector(int) override;
  double memory_usage() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

}    // namespace LAMMPS_NS

#endif
#endif
