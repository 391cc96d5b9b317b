// SPDX-License-Identifier: GPL-2.0-only
#ifdef COMMAND_CLASS
// clang-format off
CommandStyle(cgflow/backmap,CGFlowCommandBackmap);
// clang-format on
#else

#ifndef LMP_CGFLOW_COMMAND_BACKMAP_H
#define LMP_CGFLOW_COMMAND_BACKMAP_H

#include "command.h"

namespace LAMMPS_NS {

class CGFlowCommandBackmap : public Command {
 public:
  explicit CGFlowCommandBackmap(class LAMMPS *lmp) : Command(lmp) {}
  void command(int narg, char **arg) override;
};

}    // namespace LAMMPS_NS

#endif
#endif
