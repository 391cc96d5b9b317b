// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_walkers.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "neighbor.h"

#include <algorithm>
#include <cmath>

namespace LAMMPS_NS::CGFlow {

void Walkers::bind(int d, const std::string &where)
{
  n_cv_ = d;
  property_.clear();
  for (int k = kCoordinates; k < d; ++k) {
    const std::string name = "cv" + std::to_string(k + 1);
    int is_double = 0, columns = 0;
    const int index = atom->find_custom(name.c_str(), is_double, columns);
    if (index < 0 || is_double != 1 || columns != 0)
      error->all(FLERR,
                 "{}: found no per-atom property d_{}, but {} CG variables need d_cv4 to d_cv{} (for example "
                 "fix more all property/atom d_cv4 ... writedata yes)",
                 where, name, d, d);
    property_.push_back(index);
  }
}

double *Walkers::further(int k) const { return atom->dvector[property_[k]]; }

void Walkers::get(int i, double *s) const
{
  const int direct = std::min(n_cv_, kCoordinates);
  for (int k = 0; k < direct; ++k) s[k] = atom->x[i][k];
  for (int k = direct; k < n_cv_; ++k) s[k] = further(k - kCoordinates)[i];
}

void Walkers::set(int i, const double *s) const
{
  const int direct = std::min(n_cv_, kCoordinates);
  for (int k = 0; k < direct; ++k) atom->x[i][k] = s[k];
  for (int k = direct; k < n_cv_; ++k) further(k - kCoordinates)[i] = s[k];
}

void Walkers::gather(int n, std::vector<double> &s) const
{
  s.resize(static_cast<std::size_t>(n) * n_cv_);
  for (int i = 0; i < n; ++i) get(i, &s[static_cast<std::size_t>(i) * n_cv_]);
}

cgflow::CgSpace box_space(LAMMPS *lmp, int d)
{
  static const char *const kNames[] = {"x", "y", "z"};
  const Domain *domain = lmp->domain;
  std::vector<cgflow::CgVariable> variables;
  for (int k = 0; k < d; ++k)
    variables.push_back({kNames[k], domain->boxlo[k], domain->boxhi[k], domain->periodicity[k] != 0});
  return cgflow::CgSpace(std::move(variables));
}

void check_box_shape(LAMMPS *lmp, const std::string &where)
{
  const Domain *domain = lmp->domain;
  Error *error = lmp->error;
  if (domain->triclinic) error->all(FLERR, "{}: got a triclinic box, the box of a CG space must be orthogonal", where);
  if (domain->nonperiodic == 2)
    error->all(FLERR, "{}: got a shrink-wrapped boundary, the boundaries of a CG space must be p (periodic) or f (fixed)",
               where);
}

void check_box(LAMMPS *lmp, int d, const std::string &where)
{
  check_box_shape(lmp, where);
  const Domain *domain = lmp->domain;
  const int expected = d <= 2 ? 2 : 3;
  if (domain->dimension != expected)
    lmp->error->all(FLERR, "{}: got dimension {}, a CG space of {} variable(s) needs dimension {}", where, domain->dimension,
                    d, expected);
}

void check_box(LAMMPS *lmp, const cgflow::CgSpace &space, const std::string &where)
{
  // A data file or restart may have rounded the edges; the ranges of a model are exact.
  constexpr double kRounding = 1.0e-9;
  check_box(lmp, space.n_cv(), where);
  const Domain *domain = lmp->domain;
  for (int k = 0; k < std::min(space.n_cv(), kCoordinates); ++k) {
    const cgflow::CgVariable &v = space[k];
    const double slack = kRounding * v.width();
    const char axis = "xyz"[k];
    if (std::fabs(domain->boxlo[k] - v.lo) > slack || std::fabs(domain->boxhi[k] - v.hi) > slack)
      lmp->error->all(FLERR, "{}: got a box from {} to {} in {}, but CG variable {} ranges from {} to {}", where,
                      domain->boxlo[k], domain->boxhi[k], axis, v.name, v.lo, v.hi);
    if ((domain->periodicity[k] != 0) != v.periodic)
      lmp->error->all(FLERR, "{}: got boundary {} in {}, but CG variable {} is {} and needs boundary {}", where,
                      domain->periodicity[k] ? "p" : "f", axis, v.name, v.periodic ? "periodic" : "not periodic",
                      v.periodic ? "p" : "f");
  }
}

void fit_skin(LAMMPS *lmp)
{
  const Domain *domain = lmp->domain;
  double narrowest = lmp->neighbor->skin;
  for (int k = 0; k < domain->dimension; ++k) narrowest = std::min(narrowest, domain->subhi[k] - domain->sublo[k]);
  MPI_Allreduce(&narrowest, &lmp->neighbor->skin, 1, MPI_DOUBLE, MPI_MIN, lmp->world);
}

}    // namespace LAMMPS_NS::CGFlow
