// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_WORK_H
#define LMP_CGFLOW_AL_WORK_H

#include "cgflow/communicator.h"
#include "cgflow/work_times.h"

#include <string>

namespace LAMMPS_NS {

/// Processor time of a run of fix cgflow/al and of its parts.
class CGFlowALWork {
 public:
  /// `parts`: the times of the learner when the run begins.
  void begin_run(const cgflow::WorkTimes &parts) { before_ = {parts, cgflow::processor_seconds()}; }

  /// The line for the log, for all ranks together: percentages, as in the breakdown that LAMMPS prints of its own parts. `parts`: the
  /// times of the learner now. Collective.
  std::string report(const cgflow::WorkTimes &parts, cgflow::Communicator &comm) const;

 private:
  struct Times {
    cgflow::WorkTimes parts;
    double all = 0.0;    // seconds
  };
  Times before_;
};

}    // namespace LAMMPS_NS

#endif
