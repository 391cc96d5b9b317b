// SPDX-License-Identifier: GPL-2.0-only
#include "fix_cgflow_mc.h"

#include "cgflow_communicator.h"
#include "cgflow_walker_options.h"
#include "cgflow_walker_store.h"
#include "cgflow_walker_travel.h"
#include "cgflow_walkers.h"
#include "pair_cgflow_pmf.h"

#include "atom.h"
#include "comm.h"
#include "compute.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "memory.h"
#include "modify.h"
#include "neighbor.h"
#include "pair.h"
#include "update.h"

#include "cgflow/random.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;
using namespace FixConst;

namespace {
const char kWhere[] = "fix cgflow/mc";
enum Count { kAccepted, kProposals, kWalls, kExchanged, kPairs, kNCounts };
}    // namespace

struct FixCGFlowMC::Impl {
  Impl(LAMMPS *lmp) : walkers(lmp), travel(lmp, store) {}

  WalkerOptions options;
  std::string energy_id;    // compute that asks for per-atom energies in each step

  cgflow::CgSpace space;
  std::vector<PairCGFlowPMF *> pmfs;    // the pair style itself, or sub-styles of a hybrid one
  Walkers walkers;
  WalkerStore store;
  WalkerTravel travel;
  std::vector<double> stopped;    // [nmax], 0 or 1

  double counts[kNCounts] = {};    // of this rank; integers, exact up to 2^53
  double stop_threshold = std::numeric_limits<double>::infinity();
  double stop_ceiling = std::numeric_limits<double>::infinity();
  bigint natoms = 0;
  bigint first_id = 0;          // added to IDs in the keys of random numbers
  bigint energies_step = -1;    // the step whose per-atom energies the pair style holds
  std::function<bool()> may_begin;
  bool running = false;     // between setup() and post_run()
  bool proposed = false;    // between initial_integrate() and final_integrate()
  bool refresh_pending = false;
  bool atom_created = false;

  int n_cv() const { return static_cast<int>(options.steps.size()); }
};

FixCGFlowMC::FixCGFlowMC(LAMMPS *lmp, int narg, char **arg) : Fix(lmp, narg, arg), impl(std::make_unique<Impl>(lmp))
{
  if (igroup != 0) error->all(FLERR, "{}: got group {}, the walkers are all atoms: expected group all", kWhere, arg[1]);
  if (!atom->tag_enable)
    error->all(FLERR, "{}: the atoms have no IDs, which the walkers' random numbers need (atom_modify id yes)", kWhere);
  impl->options = parse_walker_options(lmp, narg, arg);

  time_integrate = 1;
  time_depend = 1;    // random numbers are keyed by the step
  force_reneighbor = 1;
  next_reneighbor = -1;
  pre_exchange_migrate = 1;
  create_attribute = 1;
  restart_global = 1;
  vector_flag = 1;
  size_vector = kNCounts;
  extvector = 0;
  global_freq = 1;
  peratom_flag = 1;
  size_peratom_cols = 0;
  peratom_freq = 1;

  impl->store.layout(impl->n_cv(), 0);
  FixCGFlowMC::grow_arrays(atom->nmax);
  atom->add_callback(Atom::GROW);
}

FixCGFlowMC::~FixCGFlowMC()
{
  atom->delete_callback(id, Atom::GROW);
  if (!impl->energy_id.empty() && modify->get_compute_by_id(impl->energy_id)) modify->delete_compute(impl->energy_id);
}

int FixCGFlowMC::setmask() { return INITIAL_INTEGRATE | PRE_EXCHANGE | FINAL_INTEGRATE | POST_RUN; }

void FixCGFlowMC::post_constructor()
{
  // Never evaluated: through this compute LAMMPS learns that a step needs per-atom energies.
  impl->energy_id = std::string(id) + "_pe";
  modify->add_compute(impl->energy_id + " all pe/atom pair");
}

void FixCGFlowMC::init()
{
  Impl &m = *impl;
  check_companions();

  m.pmfs.clear();
  if (auto *pmf = dynamic_cast<PairCGFlowPMF *>(force->pair))
    m.pmfs.push_back(pmf);
  else
    for (int n = 1; auto *sub = dynamic_cast<PairCGFlowPMF *>(force->pair_match("cgflow/pmf", 1, n)); ++n) {
      // For a sub-style that is used once, every index gives the same object.
      if (!m.pmfs.empty() && m.pmfs.back() == sub) break;
      m.pmfs.push_back(sub);
    }

  // One step is for all CG variables, whose number only the pair style knows.
  if (!m.pmfs.empty() && m.options.steps.size() == 1)
    m.options.steps.assign(m.pmfs.front()->space().n_cv(), m.options.steps[0]);
  const int d = m.n_cv();
  if (m.pmfs.empty() && d > kCoordinates)
    error->all(FLERR, "{}: got {} steps; more than {} CG variables need pair_style cgflow/pmf, which knows their ranges",
               kWhere, d, kCoordinates);
  if (!m.pmfs.empty() && m.pmfs.front()->space().n_cv() != d)
    error->all(FLERR, "{}: got {} step(s), but {} has {} CG variable(s): expected one step for all of them or one each",
               kWhere, d, m.pmfs.front()->file(), m.pmfs.front()->space().n_cv());
  check_box(lmp, d, kWhere);
  m.space = m.pmfs.empty() ? box_space(lmp, d) : m.pmfs.front()->space();
  for (int k = 0; k < d; ++k)
    if (m.options.steps[k] > m.space[k].width())
      error->all(FLERR, "{}: got {} as step {}, expected at most the width {} of the range of {}", kWhere,
                 m.options.steps[k], k + 1, m.space[k].width(), m.space[k].name);
  const bool to_run = update->whichflag == 1 && update->nsteps > 0;
  if (to_run && modify->get_fix_by_style("^cgflow/al").empty())
    for (const auto *pmf : m.pmfs)
      if (!pmf->trained())
        error->all(FLERR,
                   "{}: the model of {} is untrained and no fix cgflow/al is there to train it: expected a trained model "
                   "(.cgflow), a table, or fix cgflow/al",
                   kWhere, pmf->file());
  m.store.layout(d, static_cast<int>(m.pmfs.size()));
  maxexchange = m.store.size() + 1;
  CGFlow::fit_skin(lmp);
}

// No other fix or style may move the walkers or add to their energies.
void FixCGFlowMC::check_companions()
{
  if (utils::strmatch(update->integrate_style, "^respa"))
    error->all(FLERR, "{}: got run_style respa, expected run_style verlet", kWhere);
  if (modify->get_fix_by_style("^cgflow/mc").size() > 1)
    error->all(FLERR, "{}: got more than one fix cgflow/mc, expected one", kWhere);
  for (const auto *fix : modify->get_fix_list()) {
    if (fix != this && fix->time_integrate)
      error->all(FLERR, "{}: fix {} of style {} moves the walkers too, expected no other time integration", kWhere, fix->id,
                 fix->style);
    if (fix->thermo_energy && (fix->energy_global_flag || fix->energy_peratom_flag))
      error->all(FLERR,
                 "{}: fix {} of style {} adds to the potential energy, expected the pair style's energy alone "
                 "(fix_modify energy no)",
                 kWhere, fix->id, fix->style);
  }
  if (!force->pair) error->all(FLERR, "{}: no pair style is defined, expected one that gives the walkers' energies", kWhere);
  if (!force->pair->compute_flag) error->all(FLERR, "{}: got pair_modify compute no, expected compute yes", kWhere);
  if (force->bond || force->angle || force->dihedral || force->improper || force->kspace)
    error->all(FLERR, "{}: got a bond, angle, dihedral, improper or kspace style, expected the pair style's energy alone",
               kWhere);
}

void FixCGFlowMC::setup_pre_exchange()
{
  Impl &m = *impl;
  m.walkers.bind(m.n_cv(), kWhere);
  check_inside();
  for (int i = 0; i < atom->nlocal; ++i) std::copy_n(atom->x[i], 3, m.store.goal(i));
  // Between runs walkers may have been moved anywhere (set, displace_atoms).
  if (m.travel.reach_is_limited()) {
    comm->setup();
    m.travel.approach();
  }
}

void FixCGFlowMC::check_inside()
{
  Impl &m = *impl;
  std::vector<double> s(m.n_cv());
  tagint outside = 0;
  for (int i = 0; i < atom->nlocal && outside == 0; ++i) {
    m.walkers.get(i, s.data());
    if (!m.space.contains(s.data())) outside = atom->tag[i];
  }
  tagint any = 0;
  MPI_Allreduce(&outside, &any, 1, MPI_LMP_TAGINT, MPI_MAX, world);
  if (any) error->all(FLERR, "{}: walker {} is outside the box, expected all walkers inside at the start", kWhere, any);
  // The upper edge is in the CG space, but LAMMPS loses an atom that sits on it.
  for (int i = 0; i < atom->nlocal; ++i)
    for (int k = 0; k < domain->dimension; ++k)
      if (!domain->periodicity[k] && atom->x[i][k] >= domain->boxhi[k])
        atom->x[i][k] = std::nextafter(domain->boxhi[k], -HUGE_VAL);
}

void FixCGFlowMC::setup(int)
{
  impl->natoms = atom->natoms;
  impl->atom_created = false;
  impl->running = true;
  impl->proposed = false;
  check_energies();
  impl->energies_step = update->ntimestep;
  modify->get_compute_by_id(impl->energy_id)->addstep(update->ntimestep + 1);
}

// The Metropolis rule for single walkers is right only when the energy is the sum of the walkers' per-atom energies.
void FixCGFlowMC::check_energies()
{
  if (update->eflag_global != update->ntimestep || update->eflag_atom != update->ntimestep) return;
  const Pair *pair = force->pair;
  double sum = 0.0, scale = 0.0;
  for (int i = 0; i < atom->nlocal; ++i) {
    sum += pair->eatom[i];
    scale += std::fabs(pair->eatom[i]);
  }
  const double total = pair->eng_vdwl + pair->eng_coul;
  int bad = std::isfinite(total) && std::fabs(total - sum) > 1.0e-8 * (scale + std::fabs(total));
  int any = 0;
  MPI_Allreduce(&bad, &any, 1, MPI_INT, MPI_MAX, world);
  if (any)
    error->all(FLERR,
               "{}: the energy of pair style {} is not the sum of its per-atom energies, expected a one-body pair style "
               "such as cgflow/pmf",
               kWhere, force->pair_style);
}

void FixCGFlowMC::check_count()
{
  if (atom->natoms != impl->natoms)
    error->all(FLERR, "{}: got {} atoms, but the run began with {}: expected the same walkers throughout a run", kWhere,
               atom->natoms, impl->natoms);
  if (impl->atom_created)
    error->one(FLERR, "{}: an atom was created in the run, expected the same walkers throughout a run", kWhere);
}

void FixCGFlowMC::initial_integrate(int)
{
  Impl &m = *impl;
  if (m.energies_step != update->ntimestep - 1)
    error->all(FLERR, "{}: the walkers' energies of step {} are missing, expected a run with pre yes", kWhere,
               update->ntimestep - 1);
  check_count();
  m.walkers.bind(m.n_cv(), kWhere);

  const bool still = m.refresh_pending || (m.may_begin && !m.may_begin());
  m.refresh_pending = false;
  // A sweep of exchanges makes no other proposals, nor does a sweep whose energies come from an earlier model.
  const bool exchanges = !still && m.options.exchange.due(update->ntimestep);
  for (int i = 0; i < atom->nlocal; ++i) {
    // The present state is the accepted one.
    m.walkers.get(i, m.store.old_s(i));
    m.store.set_old_image(i, atom->image[i]);
    m.store.old_energy(i) = force->pair->eatom[i];
    std::copy_n(atom->f[i], 3, m.store.old_force(i));
    for (std::size_t k = 0; k < m.pmfs.size(); ++k) {
      m.store.pmf_energy(i, k) = m.pmfs[k]->energy_of(i);
      m.store.pmf_std(i, k) = m.pmfs[k]->std_of(i);
    }
    if (m.store.move(i) == Move::placing) {
      move_to(i, m.store.target(i));
      m.store.set_move(i, Move::placed);
    } else if (still || exchanges || m.stopped[i] != 0.0) {
      m.store.set_move(i, Move::none);
    } else {
      propose(i);
    }
  }
  if (exchanges) exchange();
  for (int i = 0; i < atom->nlocal; ++i) std::copy_n(atom->x[i], 3, m.store.goal(i));
  m.running = m.proposed = true;
  next_reneighbor = update->ntimestep;
}

void FixCGFlowMC::propose(int i)
{
  Impl &m = *impl;
  const int d = m.n_cv();
  cgflow::RandomStream random(m.options.seed, cgflow::Stream::walkers, m.first_id + atom->tag[i], update->ntimestep);
  random.uniform();    // accepts() uses the first number
  double *s = m.store.target(i);
  for (int k = 0; k < d; ++k) {
    s[k] = m.store.old_s(i)[k] + m.options.steps[k] * random.normal();
    // Strictly below the upper edge, where LAMMPS would lose the atom.
    if (!m.space[k].periodic && !(s[k] >= m.space[k].lo && s[k] < m.space[k].hi)) {
      m.store.set_move(i, Move::wall);
      return;
    }
  }
  move_to(i, s);
  m.store.set_move(i, Move::proposed);
}

// Like all others, walkers that swap are evaluated at their new positions in this sweep.
void FixCGFlowMC::exchange()
{
  Impl &m = *impl;
  std::map<tagint, Replica> mine;
  for (int i = 0; i < atom->nlocal; ++i)
    if (m.store.move(i) == Move::none && m.stopped[i] == 0.0)
      mine[atom->tag[i]] = {m.store.old_energy(i), atom->image[i], {m.store.old_s(i), m.store.old_s(i) + m.n_cv()}};
  CGFlowCommunicator ranks(world);
  const WalkerExchange::Swaps swaps =
      m.options.exchange.decide(mine, m.n_cv(), force->boltz, m.options.seed, m.first_id, update->ntimestep, ranks);
  for (int i = 0; i < atom->nlocal; ++i) {
    const auto found = swaps.occupants.find(atom->tag[i]);
    if (found == swaps.occupants.end()) continue;
    atom->image[i] = found->second.image;
    move_to(i, found->second.s.data());
    m.store.set_move(i, Move::placed);
  }
  if (comm->me != 0) return;
  m.counts[kPairs] += swaps.tried;
  m.counts[kExchanged] += static_cast<double>(swaps.occupants.size()) / 2.0;
}

// The image flags count crossings of periodic edges. The target becomes the wrapped point.
void FixCGFlowMC::move_to(int i, const double *s)
{
  Impl &m = *impl;
  double *wrapped = m.store.target(i);
  if (wrapped != s) std::copy_n(s, m.n_cv(), wrapped);
  double *x = atom->x[i];
  std::copy_n(wrapped, std::min(m.n_cv(), kCoordinates), x);
  domain->remap(x, atom->image[i]);
  m.space.wrap(wrapped);
  std::copy_n(x, std::min(m.n_cv(), kCoordinates), wrapped);
  m.walkers.set(i, wrapped);
}

void FixCGFlowMC::pre_exchange() { impl->travel.approach(); }

bool FixCGFlowMC::accepts(int i, double energy)
{
  Impl &m = *impl;
  if (std::isnan(energy))
    error->one(FLERR, "{}: the energy of walker {} is not a number in step {}, expected a number", kWhere, atom->tag[i],
               update->ntimestep);
  const double old = m.store.old_energy(i);
  if (energy <= old) return true;
  cgflow::RandomStream random(m.options.seed, cgflow::Stream::walkers, m.first_id + atom->tag[i], update->ntimestep);
  return random.uniform() < std::exp(-(energy - old) / (force->boltz * m.options.exchange.temperature(atom->tag[i])));
}

void FixCGFlowMC::final_integrate()
{
  Impl &m = *impl;
  check_count();
  m.walkers.bind(m.n_cv(), kWhere);
  bool rejected = false;
  for (int i = 0; i < atom->nlocal; ++i) {
    const Move move = m.store.move(i);
    if (move == Move::placing) continue;
    m.store.set_move(i, Move::none);
    if (move != Move::proposed && move != Move::wall) continue;
    m.counts[kProposals] += 1.0;
    if (move == Move::wall) {
      m.counts[kWalls] += 1.0;
    } else if (accepts(i, force->pair->eatom[i])) {
      m.counts[kAccepted] += 1.0;
    } else {
      put_back(i);
      rejected = true;
    }
  }
  if (rejected) tally_accepted();
  if (std::isfinite(m.stop_threshold))
    for (int i = 0; i < atom->nlocal; ++i)
      for (const auto *pmf : m.pmfs) {
        const double std = pmf->std_of(i);
        // An infinite std stops, whatever the energy.
        if (std > m.stop_threshold && !(pmf->eatom[i] - 2.0 * std > m.stop_ceiling)) m.stopped[i] = 1.0;
      }
  m.proposed = false;
  m.energies_step = update->ntimestep;
  modify->get_compute_by_id(m.energy_id)->addstep(update->ntimestep + 1);
}

void FixCGFlowMC::put_back(int i)
{
  Impl &m = *impl;
  m.walkers.set(i, m.store.old_s(i));
  atom->image[i] = m.store.old_image(i);
  std::copy_n(m.store.old_force(i), 3, atom->f[i]);
  force->pair->eatom[i] = m.store.old_energy(i);
  for (std::size_t k = 0; k < m.pmfs.size(); ++k) m.pmfs[k]->restore(i, m.store.pmf_energy(i, k), m.store.pmf_std(i, k));
}

void FixCGFlowMC::tally_accepted()
{
  Pair *pair = force->pair;
  double sum = 0.0;
  for (int i = 0; i < atom->nlocal; ++i) sum += pair->eatom[i];
  // The fraction of Coulomb energy is unknown for a walker, so the sum goes to eng_vdwl, as in one-body styles.
  pair->eng_vdwl = sum;
  pair->eng_coul = 0.0;
  for (auto *pmf : impl->pmfs) pmf->tally_restored();
}

void FixCGFlowMC::post_run()
{
  impl->running = false;
  send_home();
}

// A rejected walker stays on the rank that evaluated its proposal. The commands after a run exchange atoms with direct neighbors
// only, and would lose an atom that is farther away.
void FixCGFlowMC::send_home()
{
  Impl &m = *impl;
  if (comm->nprocs == 1) return;
  for (int i = 0; i < atom->nlocal; ++i) std::copy_n(atom->x[i], 3, m.store.goal(i));
  int away = m.travel.away();
  int any = 0;
  MPI_Allreduce(&away, &any, 1, MPI_INT, MPI_MAX, world);
  if (!any) return;

  for (int i = 0; i < atom->nlocal; ++i) std::copy_n(atom->f[i], 3, m.store.old_force(i));
  m.travel.approach();
  comm->exchange();
  comm->borders();
  neighbor->build(1);
  // Per-atom energies and std do not move with an atom: evaluate them on the new ranks.
  constexpr int kEnergyGlobal = 1, kEnergyAtom = 2;
  force->pair->compute(kEnergyGlobal | kEnergyAtom, 0);
  for (int i = 0; i < atom->nlocal; ++i) std::copy_n(m.store.old_force(i), 3, atom->f[i]);
}

void FixCGFlowMC::place(int i, const double *s)
{
  Impl &m = *impl;
  std::vector<double> wrapped(s, s + m.n_cv());
  m.space.wrap(wrapped.data());
  for (int k = 0; k < m.n_cv(); ++k) {
    const cgflow::CgVariable &v = m.space[k];
    if (!(wrapped[k] >= v.lo && wrapped[k] <= v.hi))
      error->one(FLERR, "{}: walker {} is to be placed at {} = {}, expected {} to {}", kWhere, atom->tag[i], v.name, s[k],
                 v.lo, v.hi);
    if (wrapped[k] >= v.hi) wrapped[k] = std::nextafter(v.hi, -HUGE_VAL);
  }
  m.stopped[i] = 0.0;
  if (!m.proposed) {
    std::copy(wrapped.begin(), wrapped.end(), m.store.target(i));
    m.store.set_move(i, Move::placing);
    return;
  }
  atom->image[i] = m.store.old_image(i);
  move_to(i, wrapped.data());
  std::copy_n(atom->x[i], 3, m.store.goal(i));
  m.store.set_move(i, Move::placed);
}

void FixCGFlowMC::refresh()
{
  Impl &m = *impl;
  if (!m.proposed) {
    m.refresh_pending = true;
    return;
  }
  for (int i = 0; i < atom->nlocal; ++i) {
    if (m.store.move(i) == Move::proposed) {
      m.walkers.set(i, m.store.old_s(i));
      atom->image[i] = m.store.old_image(i);
      std::copy_n(atom->x[i], 3, m.store.goal(i));
    }
    if (m.store.move(i) != Move::placed) m.store.set_move(i, Move::none);
  }
}

void FixCGFlowMC::set_stop_threshold(double energy, double ceiling)
{
  impl->stop_threshold = energy;
  impl->stop_ceiling = ceiling;
}

bool FixCGFlowMC::stopped(int i) const { return impl->stopped[i] != 0.0; }

void FixCGFlowMC::set_stopped(int i, bool stopped) { impl->stopped[i] = stopped; }

std::vector<double> FixCGFlowMC::counts() const
{
  std::vector<double> all(kNCounts);
  MPI_Allreduce(impl->counts, all.data(), kNCounts, MPI_DOUBLE, MPI_SUM, world);
  return all;
}

void FixCGFlowMC::set_counts(const std::vector<double> &counts)
{
  for (int k = 0; k < kNCounts; ++k) impl->counts[k] = comm->me == 0 ? counts[k] : 0.0;
}

void FixCGFlowMC::number_walkers_from(bigint id) { impl->first_id = id; }

void FixCGFlowMC::ask_before_sweeps(std::function<bool()> may_begin) { impl->may_begin = std::move(may_begin); }

void FixCGFlowMC::release_all() { std::fill(impl->stopped.begin(), impl->stopped.end(), 0.0); }

double FixCGFlowMC::compute_vector(int n)
{
  double all[kNCounts];
  MPI_Allreduce(impl->counts, all, kNCounts, MPI_DOUBLE, MPI_SUM, world);
  if (n == 0) return all[kProposals] > 0.0 ? all[kAccepted] / all[kProposals] : 0.0;
  return all[n];
}

void FixCGFlowMC::write_restart(FILE *fp)
{
  double all[kNCounts];
  MPI_Reduce(impl->counts, all, kNCounts, MPI_DOUBLE, MPI_SUM, 0, world);
  if (comm->me != 0) return;
  const int size = sizeof(all);
  fwrite(&size, sizeof(int), 1, fp);
  fwrite(all, sizeof(double), kNCounts, fp);
}

void FixCGFlowMC::restart(char *buffer)
{
  std::fill_n(impl->counts, kNCounts, 0.0);
  if (comm->me == 0) memcpy(impl->counts, buffer, sizeof(impl->counts));
}

double FixCGFlowMC::memory_usage()
{
  return impl->store.memory_usage() + static_cast<double>(impl->stopped.capacity() * sizeof(double));
}

void FixCGFlowMC::grow_arrays(int nmax)
{
  impl->store.grow(nmax);
  impl->stopped.resize(nmax, 0.0);
  vector_atom = impl->stopped.data();
}

void FixCGFlowMC::copy_arrays(int i, int j, int)
{
  impl->store.copy(i, j);
  impl->stopped[j] = impl->stopped[i];
}

void FixCGFlowMC::set_arrays(int i)
{
  impl->store.clear(i);
  impl->stopped[i] = 0.0;
  if (impl->running) impl->atom_created = true;
}

int FixCGFlowMC::pack_exchange(int i, double *buffer)
{
  buffer[0] = impl->stopped[i];
  return 1 + impl->store.pack(i, buffer + 1);
}

int FixCGFlowMC::unpack_exchange(int nlocal, double *buffer)
{
  impl->stopped[nlocal] = buffer[0];
  return 1 + impl->store.unpack(nlocal, buffer + 1);
}
