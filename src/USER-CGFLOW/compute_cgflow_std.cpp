// SPDX-License-Identifier: GPL-2.0-only
#include "compute_cgflow_std.h"

#include "cgflow_walkers.h"
#include "pair_cgflow_pmf.h"

#include "atom.h"
#include "error.h"
#include "force.h"
#include "update.h"

#include <vector>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {
const char kWhere[] = "compute cgflow/std";
}

struct ComputeCGFlowStd::Impl {
  explicit Impl(LAMMPS *lmp) : walkers(lmp) {}
  PairCGFlowPMF *pmf = nullptr;
  Walkers walkers;
  std::vector<double> s, std;
};

ComputeCGFlowStd::ComputeCGFlowStd(LAMMPS *lmp, int narg, char **arg)
    : Compute(lmp, narg, arg), impl(std::make_unique<Impl>(lmp))
{
  if (narg != 3) error->all(FLERR, "{}: got the argument {}, expected none after the style", kWhere, arg[3]);
  peratom_flag = 1;
  size_peratom_cols = 0;
}

ComputeCGFlowStd::~ComputeCGFlowStd() = default;

void ComputeCGFlowStd::init()
{
  impl->pmf = dynamic_cast<PairCGFlowPMF *>(force->pair_match("cgflow/pmf", 1));
  if (!impl->pmf)
    error->all(FLERR, "{}: found no pair_style cgflow/pmf, or more than one in a hybrid style; needed is exactly one",
               kWhere);
}

void ComputeCGFlowStd::compute_peratom()
{
  // Evaluated again, not copied from the pair style, because positions or model may have changed since the last force evaluation.
  invoked_peratom = update->ntimestep;
  Impl &m = *impl;
  const int n = atom->nlocal;
  if (static_cast<int>(m.std.size()) < atom->nmax) m.std.resize(atom->nmax);
  vector_atom = m.std.data();
  m.walkers.bind(m.pmf->space().n_cv(), kWhere);
  m.walkers.gather(n, m.s);
  m.pmf->evaluate_std(n, m.s.data(), m.std.data());
  for (int i = 0; i < n; ++i)
    if (!(atom->mask[i] & groupbit)) m.std[i] = 0.0;
}

double ComputeCGFlowStd::memory_usage() { return sizeof(double) * static_cast<double>(impl->std.size() + impl->s.size()); }
