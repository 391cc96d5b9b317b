// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_errors.h"

#include "error.h"
#include "lammps.h"
#include "universe.h"

using namespace LAMMPS_NS;

MPI_Comm LAMMPS_NS::cgflow_ranks(LAMMPS *lmp) { return lmp->world; }

void LAMMPS_NS::cgflow_raise_together(LAMMPS *lmp, const std::string &place, bool failed, const std::string &text)
{
  cgflow_raise_together(lmp, lmp->world, place, failed, text);
}

void LAMMPS_NS::cgflow_raise_together(LAMMPS *lmp, MPI_Comm ranks, const std::string &place, bool failed,
                                      const std::string &text)
{
  int me = 0, size = 1;
  MPI_Comm_rank(ranks, &me);
  MPI_Comm_size(ranks, &size);
  // The lowest rank that has failed, and the lowest that has not.
  int mine[2] = {failed ? me : size, failed ? size : me}, lowest[2];
  MPI_Allreduce(mine, lowest, 2, MPI_INT, MPI_MIN, ranks);
  if (lowest[0] == size) return;

  const bool universe = ranks != lmp->world;
  std::string message = place.empty() ? text : place + ": " + text;
  if (universe && lowest[1] < size) message = "Partition " + std::to_string(lmp->universe->iworld) + ": " + message;
  int length = static_cast<int>(message.size());
  MPI_Bcast(&length, 1, MPI_INT, lowest[0], ranks);
  message.resize(length);
  MPI_Bcast(message.data(), length, MPI_CHAR, lowest[0], ranks);
  // As an argument, not as the format: the text may hold braces.
  if (!universe) lmp->error->all(FLERR, "{}", message);
  lmp->error->universe_all(FLERR, message);
}
