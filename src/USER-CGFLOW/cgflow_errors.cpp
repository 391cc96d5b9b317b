// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_errors.h"

#include "error.h"
#include "lammps.h"

using namespace LAMMPS_NS;

void LAMMPS_NS::cgflow_raise_together(LAMMPS *lmp, const std::string &place, bool failed, const std::string &text)
{
  int me = 0, size = 1;
  MPI_Comm_rank(lmp->world, &me);
  MPI_Comm_size(lmp->world, &size);
  int mine = failed ? me : size, lowest = size;
  MPI_Allreduce(&mine, &lowest, 1, MPI_INT, MPI_MIN, lmp->world);
  if (lowest == size) return;

  std::string message = text;
  int length = static_cast<int>(message.size());
  MPI_Bcast(&length, 1, MPI_INT, lowest, lmp->world);
  message.resize(length);
  MPI_Bcast(message.data(), length, MPI_CHAR, lowest, lmp->world);
  if (!place.empty()) message = place + ": " + message;
  // As an argument, not as the format: the text may hold braces.
  lmp->error->all(FLERR, "{}", message);
}
