// SPDX-License-Identifier: GPL-2.0-only
#ifdef COMMAND_CLASS
// clang-format off
CommandStyle(cgflow/pmf,CGFlowCommandPmf);
// clang-format on
#else

#ifndef LMP_CGFLOW_COMMAND_PMF_H
#define LMP_CGFLOW_COMMAND_PMF_H

#include "command.h"

namespace LAMMPS_NS {

class CGFlowCommandPmf : public Command {
 public:
  explicit CGFlowCommandPmf(class LAMMPS *lmp) : Command(lmp) {}
  void command(int narg, char **arg) override;
};

}    // namespace LAMMPS_NS

#endif
#endif
