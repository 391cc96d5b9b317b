// SPDX-License-Identifier: GPL-2.0-only
#include "fix_cgflow_al.h"

#include "cgflow_al_options.h"
#include "cgflow_child.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_log.h"
#include "cgflow_run_ledger.h"
#include "cgflow_walkers.h"
#include "fix_cgflow_mc.h"
#include "pair_cgflow_pmf.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "group.h"
#include "modify.h"
#include "platform.h"
#include "timer.h"
#include "update.h"

#include "cgflow/atomic_file.h"
#include "cgflow/learner.h"
#include "cgflow/pmf_file.h"
#include "cgflow/trajectory.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace LAMMPS_NS;
using namespace FixConst;

namespace {
void unpack_image(imageint image, int *out)
{
  out[0] = (image & IMGMASK) - IMGMAX;
  out[1] = (image >> IMGBITS & IMGMASK) - IMGMAX;
  out[2] = (image >> IMG2BITS) - IMGMAX;
}
imageint pack_image(const double *flags)
{
  const auto part = [&](int k) { return static_cast<imageint>(static_cast<int>(flags[k]) + IMGMAX) & IMGMASK; };
  return part(0) | part(1) << IMGBITS | part(2) << IMG2BITS;
}
}    // namespace

struct FixCGFlowAL::Impl {
  LAMMPS *lmp;
  CGFlowALOptions options;
  cgflow::Config config;
  CGFlowCommunicator comm;
  CGFlowLog log;
  CGFlow::Walkers access;
  CGFlowRunLedger ledger;
  CGFlowRunLedger::Start start = CGFlowRunLedger::Start::fresh;
  std::unique_ptr<CGFlowChild> child;
  std::unique_ptr<cgflow::Learner> learner;
  PairCGFlowPMF *pair = nullptr;
  FixCGFlowMC *mc = nullptr;
  bool pending = false;           // an iteration is due before the next sweep
  bool checkpoint_due = false;
  bool restore_walkers = false;   // the state's walkers wait for the setup of the run
  std::vector<double> walkers;    // rows of the state file, see gather_walkers()
  double last_checkpoint = 0.0;   // wall time; decides when to write, never what

  Impl(LAMMPS *lmp_, CGFlowALOptions options_) : lmp(lmp_), options(std::move(options_)), comm(lmp_->world), log(lmp_), access(lmp_)
  {
  }

  void prepare();
  void begin();
  void load_state();
  void check_state(const cgflow::Archive &archive);
  void put_walkers_at_start();
  void put_walkers_from_state();
  void iterate();
  void publish();
  std::vector<double> gather_walkers();
  void write_state();
  void write_results();
};

FixCGFlowAL::FixCGFlowAL(LAMMPS *lmp, int narg, char **arg) :
    Fix(lmp, narg, arg), impl(std::make_unique<Impl>(lmp, parse_cgflow_al(lmp, narg, arg)))
{
  vector_flag = 1;
  size_vector = 8;
  extvector = 0;
  global_freq = 1;
  nevery = 1;
  time_depend = 1;
  if (igroup != group->find("all"))
    error->all(FLERR, "Fix cgflow/al: got the group {}, expected all: every atom is a walker", group->names[igroup]);
  cgflow_guarded(lmp, "fix cgflow/al", [&] { impl->config = cgflow::Config::read(impl->options.yaml); });
  if (!platform::file_is_readable(impl->options.atomistic))
    error->all(FLERR, "Fix cgflow/al: cannot read the atomistic script {}", impl->options.atomistic);
}

FixCGFlowAL::~FixCGFlowAL() = default;

// PRE_EXCHANGE for its setup: LAMMPS calls setup_pre_exchange() on fixes with that mask alone.
int FixCGFlowAL::setmask() { return PRE_EXCHANGE | INITIAL_INTEGRATE | END_OF_STEP | POST_RUN; }

void FixCGFlowAL::init()
{
  if (modify->get_fix_by_style("^cgflow/al$").size() > 1)
    error->all(FLERR, "Fix cgflow/al: got two of them, one learns all there is to learn");
  const auto mcs = modify->get_fix_by_style("^cgflow/mc$");
  if (mcs.size() != 1) error->all(FLERR, "Fix cgflow/al needs one fix cgflow/mc that moves the walkers, got {}", mcs.size());
  impl->mc = dynamic_cast<FixCGFlowMC *>(mcs.front());
  impl->pair = dynamic_cast<PairCGFlowPMF *>(force->pair_match("^cgflow/pmf", 0));
  if (!impl->pair) error->all(FLERR, "Fix cgflow/al needs pair_style cgflow/pmf, alone or inside a hybrid style");

  // Runs without steps (and minimisations) neither train nor count.
  if (update->whichflag != 1 || update->nsteps <= 0) return;
  cgflow_guarded(lmp, "fix cgflow/al", [&] { impl->prepare(); });
  impl->start = impl->ledger.begin_run(update->ntimestep, update->nsteps);
  if (impl->start != CGFlowRunLedger::Start::fresh) {
    update->ntimestep = impl->ledger.step();
    update->laststep = update->endstep = impl->ledger.last();
    if (impl->start == CGFlowRunLedger::Start::resumed)
      impl->log.line(fmt::format("cgflow/al: run resumed from {} at step {}, it ends at step {}", impl->options.state_file(),
                                 update->ntimestep, update->laststep));
    else
      impl->log.line(fmt::format("cgflow/al: this run is complete in {}, skipped", impl->options.state_file()));
  }
}

// Before the first setup: the model from a state file, or untrained.
void FixCGFlowAL::Impl::prepare()
{
  if (learner) return;
  const bool resume = !options.fresh && platform::file_is_readable(options.state_file());
  child = std::make_unique<CGFlowChild>(lmp, options.atomistic, options.copies, true);
  cgflow::ModelInfo info;
  info.kT = lmp->force->boltz * options.T;
  info.T = options.T;
  info.units = lmp->update->unit_style;
  info.n_atoms = child->n_atoms();
  info.dimension = child->dimension();
  info.seed = options.seed;
  info.threshold = options.threshold;
  learner = std::make_unique<cgflow::Learner>(cgflow::Model(config, info), child.get(), comm, log);
  if (resume) load_state();
}

void FixCGFlowAL::Impl::check_state(const cgflow::Archive &archive)
{
  const auto differ = [&](const std::string &what, const std::string &got, const std::string &here) {
    throw cgflow::ModelError(fmt::format("{}: its {} is {}, here it is {}; use the same command line, or fresh yes to begin anew",
                                         options.state_file(), what, got, here));
  };
  const auto number = [](double value) { return fmt::format("{:.15g}", value); };
  if (archive.number("info.T") != options.T) differ("temperature", number(archive.number("info.T")), number(options.T));
  if (archive.integer("info.seed") != options.seed)
    differ("seed", std::to_string(archive.integer("info.seed")), std::to_string(options.seed));
  if (archive.number("info.threshold") != options.threshold)
    differ("threshold", number(archive.number("info.threshold")), number(options.threshold));
  if (archive.integer("ranks") != lmp->comm->nprocs)
    differ("number of ranks", std::to_string(archive.integer("ranks")), std::to_string(lmp->comm->nprocs));
  if (archive.integer("walkers") != lmp->atom->natoms)
    differ("number of walkers", std::to_string(archive.integer("walkers")), std::to_string(lmp->atom->natoms));
  if (archive.text("config") != config.to_yaml()) {
    cgflow::Config::parse(archive.text("config"), options.state_file()).require_same_model(config);
    differ("train, explore or budget section", "another", "that of " + options.yaml);
  }
  const auto &box = archive.numbers("box");
  for (int k = 0; k < 3; ++k)
    if (box[2 * k] != lmp->domain->boxlo[k] || box[2 * k + 1] != lmp->domain->boxhi[k])
      differ(std::string("box in ") + "xyz"[k], number(box[2 * k]) + " to " + number(box[2 * k + 1]),
             number(lmp->domain->boxlo[k]) + " to " + number(lmp->domain->boxhi[k]));
}

void FixCGFlowAL::Impl::load_state()
{
  const cgflow::Archive archive = cgflow::Archive::read(options.state_file(), "state");
  check_state(archive);
  learner->load(archive);
  ledger.load(archive);
  pending = archive.integer("pending") != 0;
  walkers = archive.numbers("walkers.rows");
  mc->set_counts(archive.numbers("mc.counts"));
  restore_walkers = true;
  if (learner->surface()) publish();
}

void FixCGFlowAL::setup_pre_exchange()
{
  if (update->whichflag != 1 || update->nsteps <= 0) return;
  cgflow_guarded(lmp, "fix cgflow/al", [&] {
    if (impl->restore_walkers) impl->put_walkers_from_state();
    else if (impl->learner->phase() == cgflow::Learner::Phase::untrained) impl->begin();
  });
  // Fix cgflow/mc checks the places and brings each walker to its rank.
  impl->mc->setup_pre_exchange();
  if (impl->start == CGFlowRunLedger::Start::skipped || impl->learner->phase() == cgflow::Learner::Phase::finished) {
    if (impl->start != CGFlowRunLedger::Start::skipped)
      impl->log.line(fmt::format("cgflow/al: learning has ended with status {}, the run ends at once", impl->learner->status()));
    timer->force_timeout();
    return;
  }
  impl->learner->resume_run();
  impl->last_checkpoint = platform::walltime();
}

// First training of a model, or the first run with a trained one.
void FixCGFlowAL::Impl::begin()
{
  if (pair->trained()) {
    cgflow::Model model = cgflow::Model::read(pair->file());
    model.config().require_same_model(config);
    if (model.info().T != options.T)
      throw cgflow::ModelError(fmt::format("{}: the model was trained at T = {}, the fix asks for T = {}", pair->file(),
                                           model.info().T, options.T));
    learner = std::make_unique<cgflow::Learner>(std::move(model), child.get(), comm, log);
    learner->begin_from_model();
  } else {
    if (config.example.dump.empty())
      throw cgflow::ConfigError(options.yaml + ": train: example: dump is missing, it names the dump of the all-atom run");
    const cgflow::Trajectory data = cgflow::read_dump(config.example.dump);
    if (data.n_atoms != child->n_atoms())
      throw cgflow::FileError(fmt::format("{}: got {} atoms in a frame, the system of {} has {}", config.example.dump,
                                          data.n_atoms, options.atomistic, child->n_atoms()));
    learner->begin(data.x, data.steps.back());
  }
  publish();
  if (options.start_at_data) put_walkers_at_start();
  checkpoint_due = true;
}

// Everybody that looks at the PMF sees the model as it is now; result files follow.
void FixCGFlowAL::Impl::publish()
{
  pair->set_surface(learner->surface());
  mc->set_stop_threshold(learner->threshold());
}

// Before the setup of a run: walkers are simply put where they belong, the setup evaluates them there.
void FixCGFlowAL::Impl::put_walkers_at_start()
{
  access.bind(pair->space().n_cv(), "fix cgflow/al");
  for (int i = 0; i < lmp->atom->nlocal; ++i) access.set(i, learner->start_point(lmp->atom->tag[i]).data());
}

// Rows of (tag, image flags, stopped, s), all walkers, in the order of tags.
std::vector<double> FixCGFlowAL::Impl::gather_walkers()
{
  const Atom *atom = lmp->atom;
  const int d = pair->space().n_cv(), width = 5 + d;
  access.bind(d, "fix cgflow/al");
  std::vector<double> rows;
  for (int i = 0; i < atom->nlocal; ++i) {
    int image[3];
    unpack_image(atom->image[i], image);
    std::vector<double> s(d);
    access.get(i, s.data());
    rows.insert(rows.end(), {static_cast<double>(atom->tag[i]), static_cast<double>(image[0]), static_cast<double>(image[1]),
                             static_cast<double>(image[2]), static_cast<double>(mc->stopped(i))});
    rows.insert(rows.end(), s.begin(), s.end());
  }
  rows = comm.gather(rows);
  std::vector<std::size_t> order(rows.size() / width);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return rows[a * width] < rows[b * width]; });
  std::vector<double> sorted;
  for (std::size_t i : order) sorted.insert(sorted.end(), rows.begin() + i * width, rows.begin() + (i + 1) * width);
  return sorted;
}

void FixCGFlowAL::Impl::put_walkers_from_state()
{
  const int d = pair->space().n_cv(), width = 5 + d;
  access.bind(d, "fix cgflow/al");
  std::map<tagint, const double *> by_tag;
  for (std::size_t i = 0; i < walkers.size() / width; ++i)
    by_tag[static_cast<tagint>(walkers[i * width])] = &walkers[i * width];
  for (int i = 0; i < lmp->atom->nlocal; ++i) {
    const auto row = by_tag.find(lmp->atom->tag[i]);
    if (row == by_tag.end())
      throw cgflow::ModelError(fmt::format("{}: it holds no walker {}; the script must create the same walkers",
                                           options.state_file(), lmp->atom->tag[i]));
    const double *r = row->second;
    access.set(i, r + 5);
    lmp->atom->image[i] = pack_image(r + 1);
    mc->set_stopped(i, r[4] != 0.0);
  }
  restore_walkers = false;
  walkers.clear();
}

void FixCGFlowAL::initial_integrate(int)
{
  if (!impl->pending) return;
  impl->pending = false;
  cgflow_guarded(lmp, "fix cgflow/al", [&] { impl->iterate(); });
}

void FixCGFlowAL::Impl::iterate()
{
  const int d = pair->space().n_cv(), width = 5 + d;
  std::vector<double> stopped;
  const std::vector<double> rows = gather_walkers();
  for (std::size_t i = 0; i < rows.size() / width; ++i)
    if (rows[i * width + 4] != 0.0) stopped.insert(stopped.end(), &rows[i * width + 5], &rows[i * width] + width);
  learner->iterate(stopped);
  publish();
  mc->refresh();
  for (int i = 0; i < lmp->atom->nlocal; ++i)
    if (mc->stopped(i)) mc->place(i, learner->start_point(lmp->atom->tag[i]).data());
  checkpoint_due = true;
}

void FixCGFlowAL::end_of_step()
{
  Impl &p = *impl;
  int stopped = 0, stopped_all = 0;
  for (int i = 0; i < atom->nlocal; ++i) stopped += p.mc->stopped(i);
  MPI_Allreduce(&stopped, &stopped_all, 1, MPI_INT, MPI_SUM, world);
  const auto decision = p.learner->after_sweep(stopped_all, atom->natoms);
  p.pending = decision == cgflow::Learner::Decision::iterate;
  p.ledger.set_step(update->ntimestep);
  if (decision == cgflow::Learner::Decision::finish || update->ntimestep >= update->laststep) timer->force_timeout();

  bool due = p.checkpoint_due;
  if (p.options.checkpoint_sweeps > 0) {
    due = due || update->ntimestep % p.options.checkpoint_sweeps == 0;
  } else if (!due && update->ntimestep % 64 == 0) {
    // Rank 0's clock decides, looked at rarely: a broadcast costs more than a sweep.
    int now = platform::walltime() - p.last_checkpoint > 60.0 * p.options.checkpoint_minutes;
    MPI_Bcast(&now, 1, MPI_INT, 0, world);
    due = now != 0;
  }
  if (!due) return;
  cgflow_guarded(lmp, "fix cgflow/al", [&] {
    if (p.checkpoint_due) p.write_results();
    p.write_state();
  });
  p.checkpoint_due = false;
}

void FixCGFlowAL::Impl::write_state()
{
  const std::vector<double> rows = gather_walkers();
  const std::vector<double> mc_counts = mc->counts();
  last_checkpoint = platform::walltime();
  if (lmp->comm->me != 0) return;
  cgflow::Archive archive("state");
  learner->store(archive);
  ledger.store(archive);
  archive.put("pending", std::int64_t{pending});
  archive.put("ranks", std::int64_t{lmp->comm->nprocs});
  archive.put("walkers", static_cast<std::int64_t>(lmp->atom->natoms));
  archive.put("walkers.rows", rows, {static_cast<std::int64_t>(rows.size())});
  archive.put("mc.counts", mc_counts, {static_cast<std::int64_t>(mc_counts.size())});
  const double *lo = lmp->domain->boxlo, *hi = lmp->domain->boxhi;
  archive.put("box", std::vector<double>{lo[0], hi[0], lo[1], hi[1], lo[2], hi[2]}, {6});
  archive.write(options.state_file());
}

void FixCGFlowAL::Impl::write_results()
{
  if (lmp->comm->me != 0 || !learner->model().has_pmf()) return;
  const cgflow::Model &model = learner->model();
  model.write(options.model_file());
  cgflow::write_file(options.history_file(), learner->history());
  const int d = model.space().n_cv();
  if (d > 3) return;
  const int points = d == 1 ? 201 : d == 2 ? 101 : 41;
  cgflow::write_pmf(options.pmf, *model.ensemble_surface(), model.header(), std::vector<int>(d, points));
}

void FixCGFlowAL::post_run()
{
  Impl &p = *impl;
  if (!p.learner || update->whichflag != 1) return;
  timer->reset_timeout();
  if (p.start == CGFlowRunLedger::Start::skipped) return;
  const bool finished = p.learner->phase() == cgflow::Learner::Phase::finished;
  // A run that a timeout cut short is not complete: the same command line goes on with it.
  if (finished || update->ntimestep >= update->laststep) p.ledger.complete_run();
  p.learner->end_run();
  cgflow_guarded(lmp, "fix cgflow/al", [&] {
    p.write_results();
    p.write_state();
  });
  const auto &counts = p.learner->model().counts;
  p.log.line(fmt::format("cgflow/al: status {}, {} iterations, evaluations: md {} example {} energy {} test {} labels {} total {}",
                         p.learner->status(), p.learner->model().iteration, counts.md, counts.example, counts.energy,
                         counts.test, counts.labels, counts.total()));
  p.log.line(fmt::format("cgflow/al: wrote {}, {} and {}", p.options.pmf, p.options.model_file(), p.options.state_file()));
}

double FixCGFlowAL::compute_vector(int i)
{
  Impl &p = *impl;
  if (!p.learner) return i == 2 ? static_cast<double>(atom->natoms) : 0.0;
  const auto &learner = *p.learner;
  switch (i) {
    case 0: return learner.model().iteration;
    case 1: return static_cast<double>(learner.model().counts.total());
    case 2: {
      double going = 0.0, sum = 0.0;
      for (int k = 0; k < atom->nlocal; ++k) going += !p.mc->stopped(k);
      MPI_Allreduce(&going, &sum, 1, MPI_DOUBLE, MPI_SUM, world);
      return sum;
    }
    case 3: {
      double largest = 0.0, all = 0.0;
      for (int k = 0; k < atom->nlocal; ++k) largest = std::max(largest, p.pair->std_of(k));
      MPI_Allreduce(&largest, &all, 1, MPI_DOUBLE, MPI_MAX, world);
      return all / learner.model().info().kT;
    }
    case 4: return learner.median_ess_share();
    case 5: return learner.pmf_change();
    case 6: return static_cast<double>(learner.known_points());
    default: return learner.status();
  }
}

double FixCGFlowAL::memory_usage() { return impl->walkers.size() * sizeof(double); }
