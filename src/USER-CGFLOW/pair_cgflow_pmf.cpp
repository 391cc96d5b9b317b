// SPDX-License-Identifier: GPL-2.0-only
#include "pair_cgflow_pmf.h"

#include "cgflow_errors.h"
#include "cgflow_surface.h"
#include "cgflow_walkers.h"

#include "atom.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "memory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {
const char kWhere[] = "pair_style cgflow/pmf";
constexpr double kUnknown = std::numeric_limits<double>::infinity();
// Entries of pvector.
enum { kSumStd, kSumSquaredStd, kWithoutStd, kNExtra };
}    // namespace

struct PairCGFlowPMF::Impl {
  explicit Impl(LAMMPS *lmp) : walkers(lmp) {}

  std::string file;
  cgflow::CgSpace space;
  std::shared_ptr<const cgflow::PmfSurface> surface;
  Walkers walkers;
  std::map<std::string, int> runs;       // see runs_learned()
  std::vector<double> std;               // [nmax]
  std::vector<double> s, f, gradient;    // [nlocal, n_cv], [nlocal], [nlocal, n_cv]
};

PairCGFlowPMF::PairCGFlowPMF(LAMMPS *lmp) : Pair(lmp), impl(std::make_unique<Impl>(lmp))
{
  single_enable = 0;
  // The model is a separate file, so a script must repeat pair_coeff after a restart.
  restartinfo = 0;
  one_coeff = 1;
  manybody_flag = 0;
  // Forces come from a field, not from pairs: the sum of F dot r would depend on the origin.
  no_virial_fdotr_compute = 1;
  unit_convert_flag = 0;
  nextra = kNExtra;
  pvector = new double[kNExtra]();
}

PairCGFlowPMF::~PairCGFlowPMF()
{
  delete[] pvector;
  if (allocated) {
    memory->destroy(setflag);
    memory->destroy(cutsq);
  }
}

void PairCGFlowPMF::allocate()
{
  allocated = 1;
  const int n = atom->ntypes + 1;
  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  for (int i = 1; i < n; ++i)
    for (int j = i; j < n; ++j) setflag[i][j] = 0;
}

void PairCGFlowPMF::settings(int narg, char **arg)
{
  if (narg != 0)
    error->all(FLERR, "{}: got the argument {}, expected none (the model is named by pair_coeff * * FILE)", kWhere, arg[0]);
}

void PairCGFlowPMF::coeff(int narg, char **arg)
{
  if (!allocated) allocate();
  if (narg != 3 || strcmp(arg[0], "*") != 0 || strcmp(arg[1], "*") != 0)
    error->all(FLERR, "{}: expected pair_coeff * * FILE with one FILE for all atom types", kWhere);
  // Checked before a table is put over the box.
  check_box_shape(lmp, kWhere);
  LoadedSurface loaded;
  cgflow_guarded(lmp, "pair_coeff for cgflow/pmf", [&] { loaded = load_surface(lmp, arg[2]); });
  check_box(lmp, loaded.space, kWhere);
  impl->file = arg[2];
  impl->space = std::move(loaded.space);
  impl->surface = std::move(loaded.surface);
  for (int i = 1; i <= atom->ntypes; ++i)
    for (int j = i; j <= atom->ntypes; ++j) setflag[i][j] = 1;
}

void PairCGFlowPMF::init_style()
{
  // No neighbor list, because walkers do not interact. The per-atom properties of further CG variables may not exist at the first init
  // (that of reset_atoms, for example), so compute() looks them up.
  check_box(lmp, impl->space, kWhere);
  // Other styles of a hybrid style may need the skin.
  if (force->pair == this) CGFlow::fit_skin(lmp);
}

double PairCGFlowPMF::init_one(int i, int j)
{
  if (setflag[i][j] == 0) error->all(FLERR, Error::NOLASTLINE, "All pair coeffs are not set");
  // The PMF has no range, but LAMMPS' communication needs a cutoff. With a 64th of a box edge there are few ghosts, and LAMMPS sorts
  // atoms into a moderate number of bins.
  double volume = 1.0;
  for (int k = 0; k < domain->dimension; ++k) volume *= domain->prd[k];
  return std::pow(volume, 1.0 / domain->dimension) / 64.0;
}

void PairCGFlowPMF::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag);
  Impl &m = *impl;
  const int n = atom->nlocal, d = m.space.n_cv();
  m.walkers.bind(d, kWhere);
  if (static_cast<int>(m.std.size()) < atom->nmax) m.std.resize(atom->nmax);
  if (!m.surface) {
    std::fill_n(m.std.begin(), n, kUnknown);
    tally_std();
    return;
  }
  m.walkers.gather(n, m.s);
  for (int i = 0; i < n; ++i) m.space.wrap(&m.s[static_cast<std::size_t>(i) * d]);
  m.f.resize(n);
  m.gradient.resize(static_cast<std::size_t>(n) * d);
  if (n > 0) m.surface->evaluate(n, m.s.data(), m.f.data(), m.std.data(), m.gradient.data());

  const int direct = std::min(d, kCoordinates);
  double **force_of = atom->f;
  for (int i = 0; i < n; ++i)
    for (int k = 0; k < direct; ++k) force_of[i][k] -= m.gradient[static_cast<std::size_t>(i) * d + k];
  if (eflag_global)
    for (int i = 0; i < n; ++i) eng_vdwl += m.f[i];
  if (eflag_atom)
    for (int i = 0; i < n; ++i) eatom[i] = m.f[i];
  tally_std();
}

// Sums over walkers, because compute pair sums over ranks.
void PairCGFlowPMF::tally_std()
{
  std::fill_n(pvector, kNExtra, 0.0);
  for (int i = 0; i < atom->nlocal; ++i) {
    const double std = impl->std[i];
    if (std::isfinite(std)) {
      pvector[kSumStd] += std;
      pvector[kSumSquaredStd] += std * std;
    } else {
      pvector[kWithoutStd] += 1.0;
    }
  }
}

void PairCGFlowPMF::restore(int i, double energy, double std)
{
  eatom[i] = energy;
  impl->std[i] = std;
}

void PairCGFlowPMF::tally_restored()
{
  eng_vdwl = 0.0;
  for (int i = 0; i < atom->nlocal; ++i) eng_vdwl += eatom[i];
  tally_std();
}

double PairCGFlowPMF::std_of(int i) const { return impl->std[i]; }

void PairCGFlowPMF::set_surface(std::shared_ptr<const cgflow::PmfSurface> surface)
{
  if (surface && !(surface->space() == impl->space))
    error->all(FLERR, "{}: got a model whose CG variables, ranges or periodicity differ from those of {}", kWhere,
               impl->file);
  impl->surface = std::move(surface);
}

std::shared_ptr<const cgflow::PmfSurface> PairCGFlowPMF::surface() const { return impl->surface; }

bool PairCGFlowPMF::trained() const { return impl->surface != nullptr; }

const cgflow::CgSpace &PairCGFlowPMF::space() const { return impl->space; }

const std::string &PairCGFlowPMF::file() const { return impl->file; }

int &PairCGFlowPMF::runs_learned(const std::string &state_file) { return impl->runs[state_file]; }

void PairCGFlowPMF::evaluate_std(int n, const double *s, double *std) const
{
  const Impl &m = *impl;
  if (!m.surface) {
    std::fill_n(std, n, kUnknown);
    return;
  }
  if (n == 0) return;
  std::vector<double> wrapped(s, s + static_cast<std::size_t>(n) * m.space.n_cv()), f(n);
  for (int i = 0; i < n; ++i) m.space.wrap(&wrapped[static_cast<std::size_t>(i) * m.space.n_cv()]);
  m.surface->evaluate(n, wrapped.data(), f.data(), std, nullptr);
}

void *PairCGFlowPMF::extract_peratom(const char *name, int &columns)
{
  if (strcmp(name, "std") != 0) return nullptr;
  if (static_cast<int>(impl->std.size()) < atom->nmax) impl->std.resize(atom->nmax, kUnknown);
  columns = 0;
  return impl->std.data();
}

double PairCGFlowPMF::memory_usage()
{
  const Impl &m = *impl;
  return Pair::memory_usage() +
         sizeof(double) * static_cast<double>(m.std.size() + m.s.size() + m.f.size() + m.gradient.size());
}
