// SPDX-License-Identifier: GPL-2.0-only
#include "pair_gb_obc.h"

#include "cgflow_errors.h"
#include "cgflow_gb_settings.h"
#include "cgflow_gb_molecule_members.h"
#include "cgflow_gb_whole_molecule.h"

#include "cgflow/generalized_born.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "utils.h"

#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {

const char kWhere[] = "pair_style gb/obc";
const char kRadius[] = "gb_radius", kScale[] = "gb_scale";

// Numbers of an atom's record, in the order in which ranks exchange them.
enum { kX, kY, kZ, kQ, kRadiusOf, kScaleOf, kWidth };

// This style needs no ghosts. Other styles need them for bonded terms; in Angstrom.
constexpr double kGhostReach = 6.0;

}    // namespace

struct PairGBOBC::Impl {
  explicit Impl(LAMMPS *lmp) : members(lmp), whole(lmp) {}

  GbSettings settings;
  cgflow::GeneralizedBornModel model;
  bool per_atom = false;                // whether radii and scale factors are per-atom properties
  std::vector<double> radius, scale;    // [ntypes + 1]

  MoleculeMembers members;
  WholeMolecule whole;
  std::vector<double> records;                 // [nlocal + remote, kWidth]
  cgflow::GeneralizedBornMolecule molecule;    // one at a time
  bool warned = false;
  std::vector<double> virial;    // [n, 6]
};

PairGBOBC::PairGBOBC(LAMMPS *lmp) : Pair(lmp), impl(std::make_unique<Impl>(lmp))
{
  single_enable = 0;
  restartinfo = 1;
  writedata = 1;
  // Pairs act across periodic boundaries without ghosts, so the sum of F dot r over own atoms and ghosts would be wrong.
  no_virial_fdotr_compute = 1;
  unit_convert_flag = 0;
}

PairGBOBC::~PairGBOBC()
{
  if (allocated) {
    memory->destroy(setflag);
    memory->destroy(cutsq);
  }
}

void PairGBOBC::allocate()
{
  allocated = 1;
  const int n = atom->ntypes + 1;
  memory->create(setflag, n, n, "pair:setflag");
  memory->create(cutsq, n, n, "pair:cutsq");
  for (int i = 1; i < n; ++i)
    for (int j = i; j < n; ++j) setflag[i][j] = 0;
  impl->radius.assign(n, 0.0);
  impl->scale.assign(n, 0.0);
}

void PairGBOBC::settings(int narg, char **arg) { impl->settings = GbSettings::parse(lmp, kWhere, narg, arg); }

void PairGBOBC::coeff(int narg, char **arg)
{
  if (!allocated) allocate();
  Impl &m = *impl;
  const bool property = narg == 3 && strcmp(arg[2], "property") == 0;
  if (narg != 4 && !property)
    error->all(FLERR, "{}: expected pair_coeff I I radius scale, or pair_coeff * * property", kWhere);
  int ilo, ihi, jlo, jhi;
  utils::bounds(FLERR, arg[0], 1, atom->ntypes, ilo, ihi, error);
  utils::bounds(FLERR, arg[1], 1, atom->ntypes, jlo, jhi, error);
  if (ilo != jlo || ihi != jhi)
    error->all(FLERR, "{}: got pair_coeff {} {}, expected the same types twice: radius and scale belong to one atom", kWhere,
               arg[0], arg[1]);
  if (property && (ilo != 1 || ihi != atom->ntypes))
    error->all(FLERR, "{}: got pair_coeff {} {} property, expected pair_coeff * * property for all types", kWhere, arg[0],
               arg[1]);
  double radius = 0.0, scale = 0.0;
  if (!property) {
    radius = utils::numeric(FLERR, arg[2], false, lmp);
    scale = utils::numeric(FLERR, arg[3], false, lmp);
    if (!(radius > m.settings.offset) || !std::isfinite(radius))
      error->all(FLERR, "{}: got radius {} for type {}, expected one above the offset of {:.6g}", kWhere, arg[2], arg[0],
                 m.settings.offset);
    if (!(scale >= 0.0) || !std::isfinite(scale))
      error->all(FLERR, "{}: got scale {} for type {}, expected at least 0", kWhere, arg[3], arg[0]);
  }
  m.per_atom = property;
  writedata = !property;
  // The diagonal alone: if I J with I != J were set, too, hybrid/overlay would not notice that the other style lacks it.
  for (int i = ilo; i <= ihi; ++i) {
    m.radius[i] = radius;
    m.scale[i] = scale;
    setflag[i][i] = 1;
  }
}

void PairGBOBC::init_style()
{
  Impl &m = *impl;
  if (!atom->q_flag || !atom->molecule_flag || !atom->tag_enable)
    error->all(FLERR, "{}: atom_style {} was given, expected one with charges and molecule IDs, such as full", kWhere,
               atom->get_style());
  if (m.per_atom)
    for (const char *name : {kRadius, kScale}) {
      int is_double, columns;
      const int index = atom->find_custom(name, is_double, columns);
      if (index < 0 || !is_double || columns)
        error->all(FLERR, "{}: pair_coeff * * property needs fix property/atom d_{} d_{}, there is no d_{}", kWhere, kRadius,
                   kScale, name);
    }
  for (int i = 1; i <= atom->ntypes; ++i) {
    // Checked here, since hybrid calls init_one() for types with a pair_coeff alone.
    if (setflag[i][i] == 0)
      error->all(FLERR, Error::NOLASTLINE, "{}: no pair_coeff {} {} was given, expected one for each atom type", kWhere, i,
                 i);
    // A later pair_style gb/obc may have changed the offset.
    if (!m.per_atom && !(m.radius[i] > m.settings.offset))
      error->all(FLERR, Error::NOLASTLINE, "{}: the radius {:.6g} of type {} is not above the offset of {:.6g}", kWhere,
                 m.radius[i], i, m.settings.offset);
  }
  m.model = m.settings.model(force->qqr2e);
  // No neighbor list: lists end at a cutoff and may lack bonded pairs.
}

double PairGBOBC::init_one(int /*i*/, int /*j*/) { return kGhostReach * force->angstrom; }

void PairGBOBC::fill_records(std::string &fault)
{
  Impl &m = *impl;
  const int n = atom->nlocal;
  m.records.resize(static_cast<std::size_t>(n + m.members.remote()) * kWidth);
  double **x = atom->x;
  const double *q = atom->q;
  const int *type = atom->type;
  const double *radius = nullptr, *scale = nullptr;
  if (m.per_atom) {
    int is_double, columns;
    radius = atom->dvector[atom->find_custom(kRadius, is_double, columns)];
    scale = atom->dvector[atom->find_custom(kScale, is_double, columns)];
  }
  for (int i = 0; i < n; ++i) {
    double *record = &m.records[static_cast<std::size_t>(i) * kWidth];
    record[kX] = x[i][0];
    record[kY] = x[i][1];
    record[kZ] = x[i][2];
    record[kQ] = q[i];
    record[kRadiusOf] = radius ? radius[i] : m.radius[type[i]];
    record[kScaleOf] = scale ? scale[i] : m.scale[type[i]];
    if (radius && !(radius[i] > m.settings.offset && scale[i] >= 0.0))
      fault = fmt::format(
          "atom {} has d_{} {:.6g} and d_{} {:.6g}, expected a radius above the offset of {:.6g} and a scale of at "
          "least 0",
          atom->tag[i], kRadius, radius[i], kScale, scale[i], m.settings.offset);
  }
}

// Every rank that owns a part of a molecule computes the whole molecule and keeps the results of its own atoms.
void PairGBOBC::compute(int eflag, int vflag)
{
  ev_init(eflag, vflag);
  Impl &m = *impl;
  const bool changed = m.members.refresh(kWhere);
  if (changed) m.whole.reset(m.members.total());
  std::string fault;
  fill_records(fault);
  m.members.exchange(m.records.data(), kWidth);

  cgflow::GeneralizedBornMolecule &all = m.molecule;
  for (int k = 0; k < m.members.molecules(); ++k) {
    const int n = m.members.size(k);
    const int *members = m.members.members(k);
    all.resize(n);
    for (int i = 0; i < n; ++i) {
      const double *record = &m.records[static_cast<std::size_t>(members[i]) * kWidth];
      all.x[i] = record[kX];
      all.y[i] = record[kY];
      all.z[i] = record[kZ];
      all.q[i] = record[kQ];
      all.radius[i] = record[kRadiusOf];
      all.scale[i] = record[kScaleOf];
    }
    std::string gap = m.whole.join(m.members.id(k), m.members.first(k), n, all.x.data(), all.y.data(), all.z.data());
    if (!gap.empty()) fault = std::move(gap);
    all.evaluate(m.model);
    tally(k);
  }
  // All ranks raise the error together: the message of a single rank may get lost.
  cgflow_raise_together(lmp, kWhere, !fault.empty(), fault);
  if (changed) warn_of_long_molecules();
}

void PairGBOBC::warn_of_long_molecules()
{
  Impl &m = *impl;
  tagint mine = m.whole.long_molecule(), any = 0;
  MPI_Allreduce(&mine, &any, 1, MPI_LMP_TAGINT, MPI_MAX, world);
  if (any == 0 || m.warned) return;
  m.warned = true;
  if (comm->me == 0)
    error->warning(FLERR, "{}: molecule {} is longer than the box, but does not interact with its own images", kWhere, any);
}

void PairGBOBC::tally(int molecule)
{
  Impl &m = *impl;
  const cgflow::GeneralizedBornMolecule &all = m.molecule;
  const int *members = m.members.members(molecule), nlocal = atom->nlocal;
  double **f = atom->f;
  if (vflag_atom) all.atom_virials(m.virial);
  for (int i = 0; i < all.size(); ++i) {
    const int own = members[i];
    if (own >= nlocal) continue;
    f[own][0] += all.fx[i];
    f[own][1] += all.fy[i];
    f[own][2] += all.fz[i];
    if (eflag_global) {
      eng_coul += all.polar[i];
      eng_vdwl += all.surface[i];
    }
    if (eflag_atom) eatom[own] += all.polar[i] + all.surface[i];
    if (vflag_global) {
      // The forces within a molecule sum to zero, so the origin does not matter.
      const double dx = all.x[i] - all.x[0], dy = all.y[i] - all.y[0], dz = all.z[i] - all.z[0];
      virial[0] += dx * all.fx[i];
      virial[1] += dy * all.fy[i];
      virial[2] += dz * all.fz[i];
      virial[3] += dx * all.fy[i];
      virial[4] += dx * all.fz[i];
      virial[5] += dy * all.fz[i];
    }
    if (vflag_atom)
      for (int k = 0; k < 6; ++k) vatom[own][k] += m.virial[6 * i + k];
  }
}

void PairGBOBC::write_restart_settings(FILE *fp)
{
  static_assert(std::is_trivially_copyable_v<GbSettings>);
  fwrite(&impl->settings, sizeof(GbSettings), 1, fp);
}

void PairGBOBC::read_restart_settings(FILE *fp)
{
  if (comm->me == 0) utils::sfread(FLERR, &impl->settings, sizeof(GbSettings), 1, fp, nullptr, error);
  MPI_Bcast(&impl->settings, sizeof(GbSettings), MPI_BYTE, 0, world);
}

void PairGBOBC::write_restart(FILE *fp)
{
  const Impl &m = *impl;
  write_restart_settings(fp);
  const int per_atom = m.per_atom;
  fwrite(&per_atom, sizeof(int), 1, fp);
  for (int i = 1; i <= atom->ntypes; ++i) {
    fwrite(&setflag[i][i], sizeof(int), 1, fp);
    fwrite(&m.radius[i], sizeof(double), 1, fp);
    fwrite(&m.scale[i], sizeof(double), 1, fp);
  }
}

void PairGBOBC::read_restart(FILE *fp)
{
  Impl &m = *impl;
  read_restart_settings(fp);
  if (!allocated) allocate();
  int per_atom = 0;
  const int n = atom->ntypes;
  if (comm->me == 0) {
    utils::sfread(FLERR, &per_atom, sizeof(int), 1, fp, nullptr, error);
    for (int i = 1; i <= n; ++i) {
      utils::sfread(FLERR, &setflag[i][i], sizeof(int), 1, fp, nullptr, error);
      utils::sfread(FLERR, &m.radius[i], sizeof(double), 1, fp, nullptr, error);
      utils::sfread(FLERR, &m.scale[i], sizeof(double), 1, fp, nullptr, error);
    }
  }
  MPI_Bcast(&per_atom, 1, MPI_INT, 0, world);
  for (int i = 1; i <= n; ++i) MPI_Bcast(&setflag[i][i], 1, MPI_INT, 0, world);
  MPI_Bcast(m.radius.data(), n + 1, MPI_DOUBLE, 0, world);
  MPI_Bcast(m.scale.data(), n + 1, MPI_DOUBLE, 0, world);
  m.per_atom = per_atom;
  writedata = !per_atom;
}

void PairGBOBC::write_data(FILE *fp)
{
  for (int i = 1; i <= atom->ntypes; ++i) fmt::print(fp, "{} {:.15g} {:.15g}\n", i, impl->radius[i], impl->scale[i]);
}

double PairGBOBC::memory_usage()
{
  const Impl &m = *impl;
  return Pair::memory_usage() + sizeof(double) * static_cast<double>(m.records.capacity() + m.virial.capacity()) +
         m.members.memory_usage() + m.whole.memory_usage() + m.molecule.memory_usage();
}
