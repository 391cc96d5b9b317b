// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_LOG_H
#define LMP_CGFLOW_LOG_H

#include "cgflow/log.h"

namespace LAMMPS_NS {

/// The library's lines on LAMMPS' screen and log, from rank 0 of the world alone.
class CGFlowLog : public cgflow::Log {
 public:
  explicit CGFlowLog(class LAMMPS *lmp) : lmp_(lmp) {}
  void line(const std::string &text) override;
  void warning(const std::string &text) override;

 private:
  class LAMMPS *lmp_;
};

}    // namespace LAMMPS_NS

#endif
