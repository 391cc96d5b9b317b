// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_OPTIONS_H
#define LMP_CGFLOW_AL_OPTIONS_H

#include "lmptype.h"

#include <string>

namespace LAMMPS_NS {

/// The arguments of fix cgflow/al.
struct CGFlowALOptions {
  double T = 0.0;
  int seed = 0;
  std::string yaml;
  std::string name;    ///< the YAML's file name without folder and ending: stem of the output files
  std::string atomistic;
  double threshold = 0.2;    ///< kT
  std::string pmf;           ///< file of the PMF
  bool start_at_data = true;
  bool fresh = false;
  bool share = false;              ///< with the other partitions of a -partition run
  bigint checkpoint_sweeps = 0;    ///< 0: by time
  double checkpoint_minutes = 5.0;
  int copies = 0;    ///< conformers that the child evaluates at once; 0: as many as a training step has per rank

  std::string state_file() const { return name + ".state"; }
  std::string model_file() const { return name + ".cgflow"; }
  std::string history_file() const { return name + ".iterations"; }
};

/// Reads the arguments of the fix command from the fourth on. One LAMMPS error for each wrong argument.
CGFlowALOptions parse_cgflow_al(class LAMMPS *lmp, int narg, char **arg);

}    // namespace LAMMPS_NS

#endif
