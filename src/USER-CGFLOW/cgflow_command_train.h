// SPDX-License-Identifier: GPL-2.0-only
#ifdef COMMAND_CLASS
// clang-format off
CommandStyle(cgflow/train,CGFlowCommandTrain);
// clang-format on
#else

#ifndef LMP_CGFLOW_COMMAND_TRAIN_H
#define LMP_CGFLOW_COMMAND_TRAIN_H

#include "command.h"

namespace LAMMPS_NS {

class CGFlowCommandTrain : public Command {
 public:
  explicit CGFlowCommandTrain(class LAMMPS *lmp) : Command(lmp) {}
  void command(int narg, char **arg) override;
};

}    // namespace LAMMPS_NS

#endif
#endif
