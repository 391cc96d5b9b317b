// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_WALKER_OPTIONS_H
#define LMP_CGFLOW_WALKER_OPTIONS_H

#include "cgflow_walker_exchange.h"

#include <vector>

namespace LAMMPS_NS {
class LAMMPS;
}

namespace LAMMPS_NS::CGFlow {

/// The arguments of fix cgflow/mc.
struct WalkerOptions {
  WalkerExchange exchange;    ///< the temperature of each walker
  int seed = 0;
  std::vector<double> steps;    ///< box units; one for each CG variable, or one for all of them
};

/// Reads the arguments of the fix command from the fourth on. One LAMMPS error for each wrong argument.
WalkerOptions parse_walker_options(LAMMPS *lmp, int narg, char **arg);

}    // namespace LAMMPS_NS::CGFlow

#endif
