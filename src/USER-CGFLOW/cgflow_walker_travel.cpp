// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_walker_travel.h"

#include "cgflow_walker_store.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"

#include <algorithm>
#include <cmath>

namespace LAMMPS_NS::CGFlow {

bool WalkerTravel::inside(int dim, double x) const { return x >= domain->sublo[dim] && x < domain->subhi[dim]; }

bool WalkerTravel::reach_is_limited() const
{
  if (comm->nprocs == 1) return false;
  if (comm->style == Comm::TILED) return true;
  // LAMMPS' grid of processors is periodic in every dimension, so with at most three sub-domains in a row all are neighbors.
  return std::any_of(comm->procgrid, comm->procgrid + domain->dimension, [](int n) { return n > 3; });
}

bool WalkerTravel::away() const
{
  for (int i = 0; i < atom->nlocal; ++i)
    for (int dim = 0; dim < domain->dimension; ++dim)
      if (!inside(dim, store_.goal(i)[dim])) return true;
  return false;
}

// Bricks only: whether one of the two neighbors in this dimension certainly holds the goal. The bounds are recomputed here, so a goal
// within rounding of a face counts as not held, at the cost of one additional hop.
bool WalkerTravel::neighbor_holds(int dim, double goal) const
{
  const int n = comm->procgrid[dim];
  if (n <= 3) return true;
  const double *split = dim == 0 ? comm->xsplit : dim == 1 ? comm->ysplit : comm->zsplit;
  const double margin = 1.0e-10;
  const double fraction = (goal - domain->boxlo[dim]) / domain->prd[dim];
  for (const int step : {-1, 1}) {
    const int k = (comm->myloc[dim] + step + n) % n;
    if (fraction >= split[k] + margin && fraction < split[k + 1] - margin) return true;
  }
  return false;
}

// Sets place[dim] just over the nearer face, or to the goal when it is within reach. Returns true when the goal is not reached yet.
bool WalkerTravel::step_over_face(int i, int dim, bool one_face_only, double *place) const
{
  const double goal = store_.goal(i)[dim];
  if (inside(dim, goal) || (!one_face_only && neighbor_holds(dim, goal))) {
    place[dim] = goal;
    return false;
  }
  const double lo = domain->sublo[dim], hi = domain->subhi[dim];
  const double boxlo = domain->boxlo[dim], boxhi = domain->boxhi[dim], period = domain->prd[dim];
  bool up = goal >= hi;
  if (domain->periodicity[dim]) {
    double above = goal - hi, below = lo - goal;
    if (above < 0.0) above += period;
    if (below < 0.0) below += period;
    up = above <= below;
  }
  if (up)
    place[dim] = hi >= boxhi ? boxlo : hi;
  else
    place[dim] = std::nextafter(lo <= boxlo ? boxhi : lo, -HUGE_VAL);
  return true;
}

// One round of hops; true when a walker of this rank needs another one.
bool WalkerTravel::hop()
{
  const bool tiled = comm->style == Comm::TILED;
  bool more = false;
  for (int i = 0; i < atom->nlocal; ++i) {
    double *x = atom->x[i];
    bool crossed = false;
    for (int dim = 0; dim < domain->dimension; ++dim) {
      if (tiled && crossed) {
        // Tiles touch along parts of their faces: cross one face at a time, at a position that is inside in the other dimensions.
        const double below_hi = std::nextafter(domain->subhi[dim], -HUGE_VAL);
        x[dim] = std::clamp(store_.goal(i)[dim], domain->sublo[dim], below_hi);
      } else {
        crossed |= step_over_face(i, dim, tiled, x);
      }
    }
    more |= crossed;
  }
  return more;
}

void WalkerTravel::approach()
{
  const bool limited = reach_is_limited();
  for (;;) {
    int more = limited ? hop() : false;
    int any = 0;
    if (limited) MPI_Allreduce(&more, &any, 1, MPI_INT, MPI_MAX, world);
    if (!any) break;
    comm->exchange();
  }
  for (int i = 0; i < atom->nlocal; ++i) std::copy_n(store_.goal(i), 3, atom->x[i]);
}

}    // namespace LAMMPS_NS::CGFlow
