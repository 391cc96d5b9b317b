// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_LOG_H
#define LMP_CGFLOW_LOG_H

#include "cgflow/log.h"

namespace LAMMPS_NS {

/// Lines for LAMMPS' screen and log, written by rank 0 of the world. Each line begins with the name of its style or command.
class CGFlowLog : public cgflow::Log {
 public:
  CGFlowLog(class LAMMPS *lmp, const std::string &who) : lmp_(lmp), who_(who + ": ") {}
  void line(const std::string &text) override;
  void warning(const std::string &text) override;

 private:
  class LAMMPS *lmp_;
  std::string who_;
};

}    // namespace LAMMPS_NS

#endif
