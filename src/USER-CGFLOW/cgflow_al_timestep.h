// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_TIMESTEP_H
#define LMP_CGFLOW_AL_TIMESTEP_H

#include "cgflow_al_run_ledger.h"

namespace LAMMPS_NS {

/// Moves the run that LAMMPS is initializing to the step at which the ledger says it goes on. `caller` is the fix whose init() calls
/// this.
void cgflow_go_to_step(class LAMMPS *lmp, const class Fix *caller, const CGFlowRunLedger &ledger);

}    // namespace LAMMPS_NS

#endif
