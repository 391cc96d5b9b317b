// SPDX-License-Identifier: GPL-2.0-only
#include "fix_mueller_brown.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "update.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace LAMMPS_NS;
using namespace FixConst;

namespace {

struct Well {
  double A, a, b, c, X, Y;
};

// K. Mueller and L. D. Brown, Theor. Chim. Acta 53, 75 (1979).
constexpr Well kWells[] = {{-200.0, -1.0, 0.0, -10.0, 1.0, 0.0},
                           {-100.0, -1.0, 0.0, -10.0, 0.0, 0.5},
                           {-170.0, -6.5, 11.0, -6.5, -0.5, 1.5},
                           {15.0, 0.7, 0.6, 0.7, -1.0, 1.0}};

double surface(double x, double y, double &fx, double &fy)
{
  double v = 0.0;
  fx = fy = 0.0;
  for (const auto &w : kWells) {
    const double dx = x - w.X, dy = y - w.Y;
    const double term = w.A * std::exp(w.a * dx * dx + w.b * dx * dy + w.c * dy * dy);
    v += term;
    fx -= term * (2.0 * w.a * dx + w.b * dy);
    fy -= term * (w.b * dx + 2.0 * w.c * dy);
  }
  return v;
}

}    // namespace

FixMuellerBrown::FixMuellerBrown(LAMMPS *lmp, int narg, char **arg)
    : Fix(lmp, narg, arg), scale(1.0), energy(0.0), respa(false), respa_level_reached(false)
{
  int iarg = 3;
  while (iarg < narg) {
    if (strcmp(arg[iarg], "scale") == 0) {
      if (iarg + 2 > narg) utils::missing_cmd_args(FLERR, "fix mueller/brown scale", error);
      scale = utils::numeric(FLERR, arg[iarg + 1], false, lmp);
      iarg += 2;
    } else {
      error->all(FLERR, "Unknown fix mueller/brown keyword: {}; allowed: scale", arg[iarg]);
    }
  }

  scalar_flag = 1;
  global_freq = 1;
  extscalar = 1;
  energy_global_flag = energy_peratom_flag = 1;
  // The surface is the system's potential rather than a perturbation of it, as with fix cmap.
  thermo_energy = 1;
  respa_level_support = 1;
  dynamic_group_allow = 1;
}

int FixMuellerBrown::setmask() { return POST_FORCE | MIN_POST_FORCE | PRE_FORCE_RESPA; }

void FixMuellerBrown::init()
{
  respa = utils::strmatch(update->integrate_style, "^respa") && update->whichflag == 1;
  respa_level_reached = false;
}

void FixMuellerBrown::setup(int vflag)
{
  if (!respa)
    post_force(vflag);
  else if (!respa_level_reached)
    error->all(FLERR, "Fix mueller/brown {}: fix_modify respa {} is beyond the levels of run_style respa", id,
               respa_level + 1);
}

void FixMuellerBrown::min_setup(int vflag) { post_force(vflag); }

// With rRESPA the forces are added before those of the level's styles. setup_pre_force_respa() is called while the forces of the level
// are summed, so this needs no access to the integrator's per-level arrays.
void FixMuellerBrown::setup_pre_force_respa(int vflag, int ilevel) { pre_force_respa(vflag, ilevel, 0); }

void FixMuellerBrown::pre_force_respa(int /*vflag*/, int ilevel, int /*iloop*/)
{
  // The innermost level, unless fix_modify respa names another one, because it exists in every rRESPA run.
  if (ilevel != std::max(respa_level, 0)) return;
  respa_level_reached = true;
  add_forces();
}

void FixMuellerBrown::post_force(int /*vflag*/) { add_forces(); }

void FixMuellerBrown::min_post_force(int /*vflag*/) { add_forces(); }

void FixMuellerBrown::add_forces()
{
  // Per-atom energies are stored in every call, because a fix does not know whether this step needs them. The cost is one store per
  // atom.
  ev_init(ENERGY_GLOBAL | ENERGY_ATOM, VIRIAL_NONE);
  energy = 0.0;
  double **x = atom->x;
  double **f = atom->f;
  const int *mask = atom->mask;
  for (int i = 0; i < atom->nlocal; ++i) {
    if (!(mask[i] & groupbit)) continue;
    double fx, fy;
    const double v = scale * surface(x[i][0], x[i][1], fx, fy);
    f[i][0] += scale * fx;
    f[i][1] += scale * fy;
    energy += v;
    if (eflag_atom) eatom[i] += v;
  }
}

double FixMuellerBrown::compute_scalar()
{
  double all = 0.0;
  MPI_Allreduce(&energy, &all, 1, MPI_DOUBLE, MPI_SUM, world);
  return all;
}
