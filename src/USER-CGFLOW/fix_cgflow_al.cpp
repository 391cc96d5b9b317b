// SPDX-License-Identifier: GPL-2.0-only
#include "fix_cgflow_al.h"

#include "cgflow_al_checkpoint.h"
#include "cgflow_al_results.h"
#include "cgflow_al_run_state.h"
#include "cgflow_al_signals.h"
#include "cgflow_al_timestep.h"
#include "cgflow_al_together.h"
#include "cgflow_al_work.h"
#include "cgflow_al_worlds.h"
#include "cgflow_child.h"
#include "cgflow_cite.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_log.h"
#include "cgflow_output_files.h"
#include "cgflow_surface.h"
#include "cgflow_walker_rows.h"
#include "cgflow_walkers.h"
#include "fix_cgflow_mc.h"
#include "pair_cgflow_pmf.h"

#include "atom.h"
#include "comm.h"
#include "error.h"
#include "force.h"
#include "group.h"
#include "modify.h"
#include "platform.h"
#include "timer.h"
#include "universe.h"
#include "update.h"

#include "cgflow/error.h"
#include "cgflow/learner.h"
#include "cgflow/trajectory.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

using namespace LAMMPS_NS;
using namespace FixConst;
using Run = CGFlowALRunState::Run;
using End = CGFlowALRunState::End;
using Phase = cgflow::Learner::Phase;
using Decision = cgflow::Learner::Decision;

namespace {

// Sweeps between two looks at the clock: a look needs a broadcast, which costs more than a sweep.
constexpr bigint kClockSweeps = 64;

}    // namespace

struct FixCGFlowAL::Impl {
  LAMMPS *lmp;
  CGFlowALOptions options;
  cgflow::Config config;
  CGFlowWorlds worlds;
  CGFlowALTogether together;
  CGFlowCommunicator comm;
  std::optional<CGFlowOutputFiles> files;    // on the rank that writes
  CGFlowLog log;
  CGFlowSignals signals;
  CGFlowALCheckpoint state_file;
  CGFlowRunLedger ledger;
  CGFlowRunLedger::Start start = CGFlowRunLedger::Start::fresh;
  std::unique_ptr<CGFlowChild> child;
  std::unique_ptr<cgflow::Learner> learner;
  PairCGFlowPMF *pair = nullptr;
  FixCGFlowMC *mc = nullptr;
  int runs = 0;    // of the script so far, this one included
  CGFlowALRunState state;
  bool timeout_is_ours = false;           // this fix has forced LAMMPS' timeout and takes it back after the run
  CGFlowALTogether::Figures figures{};    // as of the last sweep
  struct Due {
    bool iteration = false;    // before the next sweep; part of the state file
    bool results = false;      // the model has changed since its files were written
    bool ledger = false;       // the record of runs has changed since the state file was written
  } due{};
  double last_checkpoint = 0.0;    // wall time; decides when to write, never what
  CGFlowALWork work;

  Impl(LAMMPS *lmp_, CGFlowALOptions options_)
      : lmp(lmp_), options(std::move(options_)), worlds(lmp_, options.share), together(lmp_, worlds), comm(worlds.ranks()),
        log(lmp_, "cgflow/al"), state_file(lmp_, options)
  {
  }

  /// Runs work that can fail on one rank. Its failure becomes a LAMMPS error on all ranks that learn together.
  template <class Work> void guarded(Work &&work)
  {
    try {
      cgflow_guarded(lmp, worlds.ranks(), "fix cgflow/al", std::forward<Work>(work));
    } catch (...) {
      // After an error LAMMPS exits without deleting this fix, and mpiexec may end this rank before its own exit.
      files.reset();
      throw;
    }
  }
  bool finished() const { return learner->phase() == Phase::finished; }
  bool begin_together();
  void prepare();
  void claim_files();
  void open_child();
  int copies() const;
  void make_learner();
  void begin_run();
  void force_timeout();
  void end_run_as(End end);
  void train(void (Impl::*part)());
  void give_up();
  void begin();
  cgflow::ModelInfo model_info() const;
  void check_pair_file() const;
  CGFlowALCheckpoint::Parts parts() { return {*learner, ledger, *mc, worlds, due.iteration}; }
  void put_walkers_at_start();
  void iterate();
  void publish();
  bool sweep_may_begin();
  CGFlowALTogether::Figures tally();
  bool checkpoint_is_due();
  void checkpoint();
  void write_state();
  void write_results();
  void restore_results();
  void say_results();
  CGFlowALResults results() const { return {options, static_cast<int>(config.cg.size())}; }
};

FixCGFlowAL::FixCGFlowAL(LAMMPS *lmp, int narg, char **arg)
    : Fix(lmp, narg, arg), impl(std::make_unique<Impl>(lmp, parse_cgflow_al(lmp, narg, arg)))
{
  cgflow_cite(lmp);
  vector_flag = 1;
  size_vector = 8;
  extvector = 0;
  global_freq = 1;
  nevery = 1;
  time_depend = 1;
  if (igroup != group->find("all"))
    error->all(FLERR, "Fix cgflow/al: got the group {}, expected all: every atom is a walker", group->names[igroup]);
  impl->guarded([&] { impl->config = cgflow::Config::read(impl->options.yaml); });
  cgflow_guarded(lmp, impl->worlds.ranks(), "Fix cgflow/al", [&] {
    if (!platform::file_is_readable(impl->options.atomistic))
      throw cgflow::FileError("cannot read the atomistic script " + impl->options.atomistic);
  });
}

// Without this fix nobody would release a stopped walker.
FixCGFlowAL::~FixCGFlowAL()
{
  for (auto *fix : modify->get_fix_by_style("^cgflow/mc$"))
    if (fix == impl->mc) {
      impl->mc->ask_before_sweeps(nullptr);
      impl->mc->set_stop_threshold(std::numeric_limits<double>::infinity());
      impl->mc->release_all();
    }
  impl->together.say_farewell(impl->state.in_run());
}

// PRE_EXCHANGE for its setup: LAMMPS calls setup_pre_exchange() only for fixes with that mask.
int FixCGFlowAL::setmask() { return PRE_EXCHANGE | INITIAL_INTEGRATE | END_OF_STEP | POST_RUN; }

void FixCGFlowAL::init()
{
  if (modify->get_fix_by_style("^cgflow/al$").size() > 1)
    error->all(FLERR, "Fix cgflow/al: got two fixes of this style, expected one");
  const auto mcs = modify->get_fix_by_style("^cgflow/mc$");
  if (mcs.size() != 1) error->all(FLERR, "Fix cgflow/al needs one fix cgflow/mc that moves the walkers, got {}", mcs.size());
  impl->mc = dynamic_cast<FixCGFlowMC *>(mcs.front());
  impl->pair = dynamic_cast<PairCGFlowPMF *>(force->pair_match("^cgflow/pmf", 0));
  if (!impl->pair) error->all(FLERR, "Fix cgflow/al needs pair_style cgflow/pmf, alone or inside a hybrid style");

  // Runs without steps (and minimizations) neither train nor count.
  impl->state.leave();
  if (update->whichflag != 1 || update->nsteps <= 0) return;
  impl->work.begin_run(impl->learner ? impl->learner->times() : cgflow::WorkTimes());
  impl->state.begin();
  impl->timeout_is_ours = false;
  if (!impl->begin_together()) return impl->state.make_idle();
  impl->prepare();
  // Pair style and fix cgflow/mc may not be those of the last run.
  impl->mc->number_walkers_from(impl->worlds.first_id());
  impl->mc->ask_before_sweeps([this] { return impl->sweep_may_begin(); });
  if (impl->learner->surface()) impl->publish();
  impl->begin_run();
  if (impl->start != CGFlowRunLedger::Start::fresh) cgflow_go_to_step(lmp, this, impl->ledger);
}

// False when a world that began with this one no longer takes part, for example because a wall time limit cut its run short and
// its script has ended.
bool FixCGFlowAL::Impl::begin_together()
{
  const bool told = together.alone();
  if (together.begin_run()) {
    worlds.count_walkers();
    return true;
  }
  if (!told) log.warning(fmt::format("partition {} learns no more, and without it no other one does", together.gone()));
  log.line("this run ends at once");
  return false;
}

// Each step has a guard of its own: it can fail on one rank, and the next step makes the ranks communicate.
void FixCGFlowAL::Impl::prepare()
{
  const bool first = !learner;
  guarded([&] {
    if (first) check_pair_file();
    claim_files();
  });
  if (first) open_child();
  guarded([&] {
    together.require_same_run();
    if (first) together.require_same_learning({options, config, pair->file(), *child});
  });
  if (first) guarded([&] { make_learner(); });
}

// Before the state file is read, on one rank of those that learn together. The other files take their names from the state file, but the
// PMF may be anywhere.
void FixCGFlowAL::Impl::claim_files()
{
  if (comm.rank() != 0 || files) return;
  const bool apart = lmp->universe->nworlds > 1 && !worlds.several();
  const std::string note = apart ? fmt::format("partition {}", lmp->universe->iworld) : "";
  const std::string advice =
      apart ? "with share yes partitions learn together; those that learn apart need YAML files of different names"
            : "wait until it has ended, or learn in another folder or with a YAML file of another name";
  const std::vector<std::string> inputs = {options.yaml, options.atomistic, config.example.dump, config.explore.reference};
  files.emplace(CGFlowOutputFiles::Names{results().all_files(), inputs}, std::vector{options.state_file(), options.pmf},
                note, advice);
  files->say_remarks(log);
  // A learning that has ended writes nothing, so what a state file says is looked at first.
  if (!state_file.exists()) cgflow_check_writable(results().all_files());
}

void FixCGFlowAL::Impl::open_child()
{
  guarded([&] { child = std::make_unique<CGFlowChild>(lmp, options.atomistic, copies(), !cgflow::is_molecular(config)); });
}

// The child evaluates all its copies at once, and most evaluations are in training steps, which ask for one rank's share of a batch.
// Below eight copies the cost of an evaluation does not fall any more.
int FixCGFlowAL::Impl::copies() const
{
  constexpr int kLeast = 8, kMost = 64;
  if (options.copies > 0) return options.copies;
  return std::clamp((config.energy.batch + comm.size() - 1) / comm.size(), kLeast, kMost);
}

void FixCGFlowAL::Impl::make_learner()
{
  runs = pair->runs_learned(options.state_file());
  learner = std::make_unique<cgflow::Learner>(cgflow::Model(config, model_info()), child.get(), comm, log);
  if (!state_file.exists()) return;
  try {
    state_file.load(config, model_info(), parts());
    cgflow_require_same_energies(learner->model(), *child, options.state_file(), options.atomistic,
                                 "use the same atomistic script, or fresh yes to begin anew", log);
    if (!state_file.layout_remark().empty()) log.line(state_file.layout_remark());
    if (comm.rank() == 0 && !finished()) cgflow_check_writable(results().all_files());
  } catch (...) {
    // A program that uses LAMMPS as a library may go on after the error.
    learner.reset();
    throw;
  }
}

// The pair style shows the model that is learned, so its file must belong to the same model.
void FixCGFlowAL::Impl::check_pair_file() const
{
  switch (CGFlow::kind_of_file(pair->file())) {
  case CGFlow::FileKind::yaml:
    cgflow::Config::read(utils::get_potential_file_path(pair->file())).require_same_model(config);
    break;
  case CGFlow::FileKind::table:
    throw cgflow::ModelError("pair_coeff names the table " + pair->file() +
                             ", which cannot be trained; expected a model, NAME.yaml or NAME.cgflow");
  case CGFlow::FileKind::model:
    break;
  }
}

cgflow::ModelInfo FixCGFlowAL::Impl::model_info() const
{
  cgflow::ModelInfo info;
  info.kT = lmp->force->boltz * options.T;
  info.T = options.T;
  info.units = lmp->update->unit_style;
  info.molecule = child->molecule();
  info.dimension = child->dimension();
  info.seed = options.seed;
  info.threshold = options.threshold;
  info.probes = child->probes();
  return info;
}

// Finds out from the record in the state file which of the script's runs this one is.
void FixCGFlowAL::Impl::begin_run()
{
  using Start = CGFlowRunLedger::Start;
  signals.begin();
  pair->runs_learned(options.state_file()) = ++runs;
  const int complete = ledger.complete();
  start = ledger.begin_run(runs, lmp->update->ntimestep, lmp->update->nsteps);
  due.ledger = ledger.complete() > complete;
  if (finished() || start == Start::skipped) state.make_idle();
  if (finished())
    log.line(fmt::format("{}: learning has ended with status {}, the run ends at once and files stay as they are",
                         options.state_file(), learner->status()));
  else if (start == Start::skipped)
    log.line(fmt::format("this run is complete in {}, skipped", options.state_file()));
  else if (start == Start::resumed)
    log.line(fmt::format("run resumed from {} at step {}, it ends at step {}", options.state_file(), ledger.step(),
                         ledger.last()));
  if (finished() || start == Start::skipped) guarded([&] { restore_results(); });
}

// A job may have ended after its state was written and before the results were.
void FixCGFlowAL::Impl::restore_results()
{
  if (comm.rank() != 0 || !learner->model().has_pmf() || results().are_there(learner->model())) return;
  results().write(*learner);
  log.line(fmt::format("wrote {}: they were missing or older than {}", results().text(), options.state_file()));
}

// Not when something else has ended the run already: after `fix halt`, for example, the following runs may have to be skipped too.
void FixCGFlowAL::Impl::force_timeout()
{
  if (lmp->timer->is_timeout()) return;
  timeout_is_ours = true;
  lmp->timer->force_timeout();
}

void FixCGFlowAL::Impl::end_run_as(End end)
{
  state.end_is(end);
  force_timeout();
}

void FixCGFlowAL::setup_pre_exchange()
{
  if (update->whichflag != 1 || update->nsteps <= 0) return;
  Impl &p = *impl;
  p.together.set_up_run();
  if (!p.together.alone())
    p.guarded([&] {
      if (p.state_file.has_walkers())
        p.state_file.put_walkers(*p.mc, p.worlds);
      else if (p.learner->phase() == Phase::untrained)
        p.train(&Impl::begin);
    });
  // Fix cgflow/mc checks the places and brings each walker to its rank.
  p.mc->setup_pre_exchange();
  if (!p.state.goes_on()) return;
  if (p.state.run() == Run::idle || p.finished() || update->ntimestep >= update->laststep)
    return p.end_run_as(End::last_sweep);
  p.learner->resume_run();
  p.last_checkpoint = platform::walltime();
  if (!p.due.ledger) return;
  p.due.ledger = false;
  p.guarded([&] { p.write_state(); });
}

// Runs begin() or iterate(). A resumed run could not reproduce the state of a training that a signal interrupts. None of that state is
// written: the state file stays as it was before the training, which is repeated from there.
void FixCGFlowAL::Impl::train(void (Impl::*part)())
{
  try {
    (this->*part)();
  } catch (const CGFlowInterrupted &) {
    end_run_as(End::given_up);
  }
}

void FixCGFlowAL::Impl::give_up()
{
  const bool exists = std::filesystem::exists(options.state_file());
  log.line("a signal asked this run to end, in a training, which is given up; the same command line " +
           (exists ? "goes on from " + options.state_file() : std::string("begins again, there was no state yet")));
  due.iteration = false;
  learner.reset();
  child.reset();
}

// The first training of a model, or the first run with a trained one.
void FixCGFlowAL::Impl::begin()
{
  log.line(fmt::format("{}, {:.1f} MB for energies", learner->resources().text(), 1e-6 * child->memory()));
  if (CGFlow::kind_of_file(pair->file()) == CGFlow::FileKind::model) {
    const std::string path = utils::get_potential_file_path(pair->file());
    cgflow::Model model = cgflow::Model::read(path);
    if (model.info().T != options.T)
      throw cgflow::ModelError(
          fmt::format("{}: the model was trained at T = {}, the fix asks for T = {}", path, model.info().T, options.T));
    try {
      model.continue_as(config, model_info());
    } catch (const cgflow::Error &e) {
      throw cgflow::ModelError(path + ": " + e.what());
    }
    cgflow_require_same_energies(model, *child, path, options.atomistic, "a model keeps its force field", log);
    if (model.info().probes.empty()) model.set_probes(child->probes());
    learner = std::make_unique<cgflow::Learner>(std::move(model), child.get(), comm, log);
    learner->count_checks(cgflow_check_evaluations(*child, comm));
    learner->begin_from_model();
  } else if (config.example.dump.empty()) {
    if (!cgflow::is_molecular(config))
      throw cgflow::ConfigError(options.yaml + ": train: example: dump is missing, it names the dump of the all-atom run");
    learner->count_checks(cgflow_check_evaluations(*child, comm));
    learner->begin_from_structure();
  } else {
    const cgflow::Trajectory data = cgflow::read_dump(config.example.dump, child->molecule());
    learner->count_checks(cgflow_check_evaluations(*child, comm));
    learner->begin(data.x, data.steps.back());
  }
  publish();
  if (options.start_at_data) put_walkers_at_start();
  due.results = true;
}

// Pair style and walkers get the present model. Its files follow later.
void FixCGFlowAL::Impl::publish()
{
  pair->set_surface(learner->surface());
  mc->set_stop_threshold(learner->threshold(), learner->ceiling());
}

// In the setup of a run, which evaluates the walkers afterwards: setting their positions is enough.
void FixCGFlowAL::Impl::put_walkers_at_start()
{
  CGFlow::Walkers access(lmp);
  access.bind(pair->space().n_cv(), "fix cgflow/al");
  for (int i = 0; i < lmp->atom->nlocal; ++i)
    access.set(i, learner->start_point(worlds.first_id() + lmp->atom->tag[i]).data());
}

void FixCGFlowAL::setup(int)
{
  if (impl->state.in_run() && !impl->together.alone()) impl->figures = impl->tally();
}

CGFlowALTogether::Figures FixCGFlowAL::Impl::tally()
{
  const int nlocal = lmp->atom->nlocal;
  CGFlowALTogether::Figures mine{0.0, 0.0, CGFlowSignals::noted()};
  for (int i = 0; i < nlocal; ++i) mine.going += !mc->stopped(i);
  // Between runs the pair style may have been replaced.
  int columns = 0;
  auto *present = lmp->force->pair_match("^cgflow/pmf", 0);
  const auto *std = present ? static_cast<const double *>(present->extract_peratom("std", columns)) : nullptr;
  for (int i = 0; std && i < nlocal; ++i) mine.largest_std = std::max(mine.largest_std, std[i]);
  return together.end_sweep(mine);
}

// The first fix that begins with a sweep asks this. A run that has ended in another world has done one sweep less than this world would
// do. Leaving out this sweep keeps the worlds equal when a wall time limit ends a run.
bool FixCGFlowAL::Impl::sweep_may_begin()
{
  const bool may = together.begin_sweep();
  if (!may && state.goes_on()) end_run_as(End::cut_short);
  return may;
}

void FixCGFlowAL::initial_integrate(int)
{
  Impl &p = *impl;
  if (!p.state.in_run()) error->all(FLERR, "Fix cgflow/al: got a run with pre no, expected pre yes");
  if (!p.sweep_may_begin() || !p.due.iteration) return;
  p.due.iteration = false;
  p.guarded([&] { p.train(&Impl::iterate); });
}

void FixCGFlowAL::Impl::iterate()
{
  const int n_cv = learner->model().space().n_cv();
  const std::int64_t evaluations = learner->model().counts.total();
  learner->iterate(CGFlow::WalkerRows::gather(lmp, *mc, comm, n_cv, worlds.first_id()).stopped_points());
  publish();
  mc->refresh();
  // All walkers: one that has gone down into a basin would not find an edge of the known region behind a barrier.
  for (int i = 0; i < lmp->atom->nlocal; ++i)
    if (options.start_at_data || mc->stopped(i))
      mc->place(i, learner->start_point(worlds.first_id() + lmp->atom->tag[i]).data());
  // Walkers that have stopped near rejected points begin again, and the model stays as it is.
  due.results = due.results || learner->model().counts.total() != evaluations;
}

void FixCGFlowAL::end_of_step()
{
  Impl &p = *impl;
  if (!p.state.goes_on()) return;
  p.figures = p.tally();
  const std::int64_t walkers = p.worlds.walkers();
  const auto decision = p.learner->after_sweep(walkers - std::llround(p.figures.going), walkers);
  p.due.iteration = decision == Decision::iterate;
  p.ledger.set_step(update->ntimestep);
  const bool last = update->ntimestep >= update->laststep;
  if (decision == Decision::finish || last || p.figures.signal) {
    p.state.end_is(End::last_sweep);
    // LAMMPS counts the sweeps of a resumed run from its beginning, so it would not stop at the last one by itself.
    if (decision == Decision::finish || !last || p.start == CGFlowRunLedger::Start::resumed) p.force_timeout();
    return;
  }
  if (p.checkpoint_is_due()) p.checkpoint();
}

bool FixCGFlowAL::Impl::checkpoint_is_due()
{
  const bigint step = lmp->update->ntimestep;
  if (due.results) return true;
  if (options.checkpoint_sweeps > 0) return step % options.checkpoint_sweeps == 0;
  if (step % kClockSweeps != 0) return false;
  // The clock of the first rank decides for all.
  int now = platform::walltime() - last_checkpoint > 60.0 * options.checkpoint_minutes;
  MPI_Bcast(&now, 1, MPI_INT, 0, worlds.ranks());
  return now != 0;
}

// The state first: it holds all that was computed, and the results can be written from it again. Two guards, because all ranks
// communicate in the first step and only the first one can fail in the second.
void FixCGFlowAL::Impl::checkpoint()
{
  guarded([&] { write_state(); });
  if (due.results) guarded([&] { write_results(); });
  due.results = false;
}

void FixCGFlowAL::Impl::write_state()
{
  last_checkpoint = platform::walltime();
  state_file.write(parts(), comm);
}

void FixCGFlowAL::Impl::write_results()
{
  if (comm.rank() == 0 && learner->model().has_pmf()) results().write(*learner);
}

void FixCGFlowAL::post_run()
{
  Impl &p = *impl;
  if (!p.state.in_run()) return;
  const Run run = p.state.run();
  const End end = p.state.end();
  p.state.leave();
  if (end == End::cut_short)
    update->ntimestep = p.ledger.step();
  else
    p.together.end_run();
  if (p.timeout_is_ours) timer->reset_timeout();
  // As after a limit of the wall time: the following runs of the script are skipped.
  const bool asked_to_end = !p.together.alone() && p.comm.interrupted();
  if (asked_to_end) timer->force_timeout();
  p.signals.end();
  if (end == End::given_up) return p.give_up();
  if (run == Run::idle) return;
  // The same command line goes on with a run that a timeout has cut short, so that run is not complete.
  if (p.finished() || p.ledger.step() >= update->laststep) p.ledger.complete_run();
  p.learner->end_run();
  p.due.results = true;
  p.checkpoint();
  p.say_results();
  p.log.line(p.work.report(p.learner->times(), p.comm));
  if (asked_to_end && !p.finished()) p.log.line("a signal asked this run to end; the same command line goes on with it");
  const std::string &state = p.options.state_file();
  if (!p.learner->model().has_pmf()) return p.log.line("wrote " + state);
  p.log.line(fmt::format("wrote {} and {}", p.results().text(), state));
}

void FixCGFlowAL::Impl::say_results()
{
  const auto &counts = learner->model().counts;
  log.line(fmt::format("status {}, {} iterations, evaluations: md {} example {} energy {} test {} labels {} total {}",
                       learner->status(), learner->model().iteration, counts.md, counts.example, counts.energy, counts.test,
                       counts.labels, counts.total()));
}

double FixCGFlowAL::compute_vector(int i)
{
  Impl &p = *impl;
  if (!p.learner) return i == 2 ? static_cast<double>(atom->natoms) : 0.0;
  // A sum over worlds needs all of them, but a script may ask for these numbers in one world alone.
  const auto figures = [&] { return p.worlds.several() ? p.figures : p.tally(); };
  const auto &learner = *p.learner;
  switch (i) {
  case 0:
    return learner.model().iteration;
  case 1:
    return static_cast<double>(learner.model().counts.total());
  case 2:
    return figures().going;
  case 3:
    return figures().largest_std / learner.model().info().kT;
  case 4:
    return learner.median_ess_share();
  case 5:
    return learner.pmf_change();
  case 6:
    return static_cast<double>(learner.known_points());
  default:
    return learner.status();
  }
}

double FixCGFlowAL::memory_usage() { return impl->state_file.memory_usage(); }
