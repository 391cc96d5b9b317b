// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_timestep.h"

#include "fix.h"
#include "lammps.h"
#include "modify.h"
#include "output.h"
#include "update.h"

#include <vector>

using namespace LAMMPS_NS;

void LAMMPS_NS::cgflow_go_to_step(LAMMPS *lmp, const Fix *caller, const CGFlowRunLedger &ledger)
{
  Update *update = lmp->update;
  const bool moves = update->ntimestep != ledger.step();
  update->ntimestep = ledger.step();
  update->firststep = update->beginstep = ledger.first();
  update->laststep = update->endstep = ledger.last();
  if (!moves) return;
  // Fixes initialized before this one cached the old timestep: run their init() again. LAMMPS initializes the others afterwards.
  // A copy of the list, because each call of get_fix_list() makes the list anew.
  const std::vector<Fix *> fixes = lmp->modify->get_fix_list();
  for (auto *fix : fixes) {
    if (fix == caller) break;
    fix->init();
  }
  lmp->modify->addstep_compute_all(update->ntimestep);
  // LAMMPS computes the next step of a dump only when the dump has written nothing yet.
  for (int i = 0; i < lmp->output->ndump; ++i) lmp->output->last_dump[i] = -1;
}
