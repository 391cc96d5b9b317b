// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_log.h"

#include "comm.h"
#include "error.h"
#include "lammps.h"
#include "utils.h"

using namespace LAMMPS_NS;

void CGFlowLog::line(const std::string &text)
{
  if (lmp_->comm->me == 0) utils::logmesg(lmp_, who_ + text + "\n");
}

// An argument, not the format, because the text may hold braces.
void CGFlowLog::warning(const std::string &text)
{
  if (lmp_->comm->me == 0) lmp_->error->warning(FLERR, "{}{}", who_, text);
}
