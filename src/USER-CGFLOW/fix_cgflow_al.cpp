// SPDX-License-Identifier: GPL-2.0-only
#include "fix_cgflow_al.h"

#include "cgflow_al_checkpoint.h"
#include "cgflow_child.h"
#include "cgflow_cite.h"
#include "cgflow_communicator.h"
#include "cgflow_errors.h"
#include "cgflow_al_file_claim.h"
#include "cgflow_log.h"
#include "cgflow_al_signals.h"
#include "cgflow_surface.h"
#include "cgflow_walker_rows.h"
#include "cgflow_walkers.h"
#include "cgflow_al_worlds.h"
#include "fix_cgflow_mc.h"
#include "pair_cgflow_pmf.h"

#include "atom.h"
#include "comm.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "group.h"
#include "modify.h"
#include "output.h"
#include "platform.h"
#include "timer.h"
#include "universe.h"
#include "update.h"

#include "cgflow/atomic_file.h"
#include "cgflow/learner.h"
#include "cgflow/pmf_file.h"
#include "cgflow/trajectory.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

using namespace LAMMPS_NS;
using namespace FixConst;

namespace {
const char kHere[] = "here", kGone[] = "gone";
}    // namespace

struct FixCGFlowAL::Impl {
  LAMMPS *lmp;
  CGFlowALOptions options;
  cgflow::Config config;
  CGFlowWorlds worlds;
  CGFlowCommunicator comm;
  std::optional<CGFlowFileClaim> claim;
  CGFlowLog log;
  CGFlowSignals signals;
  CGFlowALCheckpoint state;
  CGFlowRunLedger ledger;
  CGFlowRunLedger::Start start = CGFlowRunLedger::Start::fresh;
  std::unique_ptr<CGFlowChild> child;
  std::unique_ptr<cgflow::Learner> learner;
  PairCGFlowPMF *pair = nullptr;
  FixCGFlowMC *mc = nullptr;
  int runs = 0;             // of the script so far, this one included
  bool in_run = false;      // between init() and post_run() of a run with steps
  bool idle = false;        // this run does nothing: it is complete, or learning has ended before it
  bool forced = false;      // it was this fix that ended the run
  bool given_up = false;    // a signal came in a training: the learner is of no use any more
  // Of worlds that learn together:
  bool joined = false;          // they have met before a first run, and will again
  bool alone = false;           // another one takes no part any more
  bool end_is_known = false;    // the run ends here in all of them
  bool cut_short = false;       // it has ended in another one before this sweep
  bigint asked = -1;            // the step before which sweep_may_begin() has asked
  struct Figures {
    double going, largest_std;    // of all walkers, the std in energy units
    bool signal;                  // one has come somewhere
  } figures{0.0, 0.0, false};     // as of the last sweep
  bool pending = false;           // an iteration is due before the next sweep
  bool checkpoint_due = false;
  bool state_due = false;          // the record of runs has changed
  double last_checkpoint = 0.0;    // wall time; decides when to write, never what
  double began = 0.0;              // processor time when this run began
  cgflow::WorkTimes before;        // of the runs before this one

  Impl(LAMMPS *lmp_, CGFlowALOptions options_)
      : lmp(lmp_), options(std::move(options_)), worlds(lmp_, options.share), comm(worlds.ranks()), log(lmp_, "cgflow/al"),
        state(lmp_, options)
  {
  }

  /// What can fail on one rank, as a LAMMPS error on all that learn together.
  template <class Work> void guarded(Work &&work)
  {
    cgflow_guarded(lmp, worlds.ranks(), "fix cgflow/al", std::forward<Work>(work));
  }
  void meet();
  void leave();
  void check_worlds() const;
  bool sweep_may_begin();
  Figures tally();
  void open_child();
  int copies() const;
  void prepare();
  void begin_run();
  void go_to_step(Fix *self);
  void end_run_early();
  void train(void (Impl::*part)());
  void give_up();
  void begin();
  cgflow::ModelInfo model_info() const;
  void check_pair_file() const;
  CGFlowALCheckpoint::Parts parts() { return {*learner, ledger, *mc, worlds, pending}; }
  void put_walkers_at_start();
  void iterate();
  void publish();
  void checkpoint();
  void write_state();
  void write_results();
  void say_times();
  /// A grid in more dimensions would be larger than any table is of use.
  bool writes_pmf() const { return learner->model().space().n_cv() <= 3; }
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
  if (!platform::file_is_readable(impl->options.atomistic))
    error->all(FLERR, "Fix cgflow/al: cannot read the atomistic script {}", impl->options.atomistic);
}

// Without this fix nobody sets a stopped walker going again.
FixCGFlowAL::~FixCGFlowAL()
{
  for (auto *fix : modify->get_fix_by_style("^cgflow/mc$"))
    if (fix == impl->mc) {
      impl->mc->ask_before_sweeps(nullptr);
      impl->mc->set_stop_threshold(std::numeric_limits<double>::infinity());
      impl->mc->release_all();
    }
  impl->leave();
}

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
  impl->in_run = false;
  if (update->whichflag != 1 || update->nsteps <= 0) return;
  impl->began = cgflow::processor_seconds();
  impl->before = impl->learner ? impl->learner->times() : cgflow::WorkTimes();
  impl->meet();
  if (impl->alone) {
    impl->in_run = impl->idle = true;
    return;
  }
  // Apart, because the first can fail in one world and all meet in the second.
  if (!impl->learner) impl->guarded([&] { impl->open_child(); });
  impl->guarded([&] { impl->check_worlds(); });
  impl->guarded([&] { impl->prepare(); });
  impl->mc->number_walkers_from(impl->worlds.first_id());
  impl->mc->ask_before_sweeps([this] { return impl->sweep_may_begin(); });
  // Pair style and fix cgflow/mc may be others than in the last run.
  if (impl->learner->surface()) impl->publish();
  impl->begin_run();
  impl->go_to_step(this);
}

// Which part of the script's runs this one is, after the record in the state file.
void FixCGFlowAL::Impl::begin_run()
{
  using Start = CGFlowRunLedger::Start;
  in_run = true;
  forced = end_is_known = cut_short = false;
  asked = -1;    // a run that was cut short has asked before a sweep that this one may begin with
  signals.begin();
  pair->runs_learned(options.state_file()) = ++runs;
  const int complete = ledger.complete();
  start = ledger.begin_run(runs, lmp->update->ntimestep, lmp->update->nsteps);
  state_due = ledger.complete() > complete;
  const bool finished = learner->phase() == cgflow::Learner::Phase::finished;
  idle = finished || start == Start::skipped;
  if (finished)
    log.line(fmt::format("{}: learning has ended with status {}, the run ends at once and files stay as they are",
                         options.state_file(), learner->status()));
  else if (start == Start::skipped)
    log.line(fmt::format("this run is complete in {}, skipped", options.state_file()));
  else if (start == Start::resumed)
    log.line(fmt::format("run resumed from {} at step {}, it ends at step {}", options.state_file(), ledger.step(),
                         ledger.last()));
}

// LAMMPS is in the middle of its init: what has looked at the step already must look again.
void FixCGFlowAL::Impl::go_to_step(Fix *self)
{
  if (start == CGFlowRunLedger::Start::fresh) return;
  Update *update = lmp->update;
  const bool moves = update->ntimestep != ledger.step();
  update->ntimestep = ledger.step();
  update->firststep = update->beginstep = ledger.first();
  update->laststep = update->endstep = ledger.last();
  if (!moves) return;
  // Fixes after this one come to their init() anyway. A copy, since each call of get_fix_list() makes the list anew.
  const std::vector<Fix *> fixes = lmp->modify->get_fix_list();
  for (auto *fix : fixes) {
    if (fix == self) break;
    fix->init();
  }
  lmp->modify->addstep_compute_all(update->ntimestep);
  // A dump's next step is found anew only when it has not been written yet.
  for (int i = 0; i < lmp->output->ndump; ++i) lmp->output->last_dump[i] = -1;
}

// Not when somebody else has ended the run already: `fix halt` may want the runs after it to be skipped too.
void FixCGFlowAL::Impl::end_run_early()
{
  if (lmp->timer->is_timeout()) return;
  forced = true;
  lmp->timer->force_timeout();
}

// begin() or iterate(). A training that a signal ends leaves no state that a resumed run could have come to by itself, so nothing is
// written of it: the state file is that of before, from which it is done again.
void FixCGFlowAL::Impl::train(void (Impl::*part)())
{
  try {
    (this->*part)();
  } catch (const CGFlowInterrupted &) {
    given_up = true;
  }
}

void FixCGFlowAL::Impl::give_up()
{
  const bool exists = std::filesystem::exists(options.state_file());
  log.line("a signal asked this run to end, in a training, which is given up; the same command line " +
           (exists ? "goes on from " + options.state_file() : std::string("begins again, there was no state yet")));
  given_up = pending = false;
  learner.reset();
  child.reset();
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
  return info;
}

// Before each run with steps: whether the worlds that have begun together take part in it. One whose script has come to its
// end, because its run was cut short by a limit of the wall time say, must not leave the others waiting.
void FixCGFlowAL::Impl::meet()
{
  if (!alone && worlds.several()) {
    const std::vector<std::string> all = worlds.texts(kHere);
    const auto gone = std::find(all.begin(), all.end(), kGone);
    alone = gone != all.end();
    if (alone) log.warning(fmt::format("partition {} learns no more, and without it no other one does", gone - all.begin()));
    joined = true;
  }
  if (alone) return log.line("this run ends at once");
  worlds.count_walkers();
}

void FixCGFlowAL::Impl::leave()
{
  if (joined && !alone) worlds.texts(kGone);
}

// Worlds that learn together must learn the same, and do the same runs.
void FixCGFlowAL::Impl::check_worlds() const
{
  if (!worlds.several()) return;
  worlds.require_equal({{"the number of steps of a run", std::to_string(lmp->update->nsteps)},
                        {"the timestep before it", std::to_string(lmp->update->ntimestep)}});
  if (learner) return;
  const auto number = [](double value) { return fmt::format("{:.15g}", value); };
  const auto path = [](const std::string &file) { return std::filesystem::absolute(file).lexically_normal().string(); };
  worlds.require_equal(
      {{"the unit style", lmp->update->unit_style},
       {"the temperature", number(options.T)},
       {"the seed", std::to_string(options.seed)},
       {"the threshold", number(options.threshold)},
       {"the state file", path(options.state_file())},
       {"the file of the PMF", path(options.pmf)},
       {"keyword start", options.start_at_data ? "data" : "here"},
       {"keyword fresh", options.fresh ? "yes" : "no"},
       {"keyword checkpoint", options.checkpoint_sweeps > 0 ? fmt::format("{} sweeps", options.checkpoint_sweeps)
                                                            : number(options.checkpoint_minutes) + " minutes"},
       {"the file of pair_coeff", pair->file()},
       {"the dimension of the atomistic system", std::to_string(child->dimension())},
       // Eight digits: nodes may differ in the last ones.
       {"the energy of a probe of the atomistic system", fmt::format("{:.8g}", child->probe_energy())}});
  for (int k = 0; k < 3; ++k)
    worlds.require_equal(
        {{std::string("the box in ") + "xyz"[k], number(lmp->domain->boxlo[k]) + " to " + number(lmp->domain->boxhi[k])}});
  cgflow::Archive archive("state");
  cgflow::put_molecule(archive, child->molecule());
  const std::vector<std::string> molecules = worlds.texts(archive.to_bytes());
  for (std::size_t w = 1; w < molecules.size(); ++w) {
    const auto molecule = [&](std::size_t world) {
      return cgflow::get_molecule(cgflow::Archive::from_bytes(molecules[world], "state", options.atomistic));
    };
    const std::string text = cgflow::molecule_difference(molecule(0), "the molecule of partition 0", molecule(w),
                                                         fmt::format("that of partition {}", w));
    if (!text.empty())
      throw cgflow::ModelError("share yes: " + text + "; partitions that learn together must learn the same one");
  }
  const std::vector<std::string> yaml = worlds.texts(config.to_yaml());
  for (std::size_t w = 1; w < yaml.size(); ++w) {
    const auto parse = [&](std::size_t world) { return cgflow::Config::parse(yaml[world], options.yaml); };
    if (const auto difference = parse(0).first_difference(parse(w)))
      worlds.disagree("the YAML key " + difference->key, difference->here, difference->there, w);
  }
}

// Asked before the first fix has begun with a sweep: a run that has ended in another world has done one sweep less than this one
// would. So all have done the same when a wall time ends a run.
bool FixCGFlowAL::Impl::sweep_may_begin()
{
  if (asked == lmp->update->ntimestep) return !cut_short;
  asked = lmp->update->ntimestep;
  if (worlds.all_go_on(true)) return true;
  cut_short = end_is_known = true;
  end_run_early();
  return false;
}

FixCGFlowAL::Impl::Figures FixCGFlowAL::Impl::tally()
{
  const int nlocal = lmp->atom->nlocal;
  Figures all{0.0, 0.0, CGFlowSignals::noted()};
  for (int i = 0; i < nlocal; ++i) all.going += !mc->stopped(i);
  // Between runs the pair style may have been replaced.
  int columns = 0;
  auto *present = lmp->force->pair_match("^cgflow/pmf", 0);
  const auto *std = present ? static_cast<const double *>(present->extract_peratom("std", columns)) : nullptr;
  for (int i = 0; std && i < nlocal; ++i) all.largest_std = std::max(all.largest_std, std[i]);
  worlds.tally(all.going, all.largest_std, all.signal);
  return all;
}

// Before the first setup: the model from a state file, or untrained.
void FixCGFlowAL::Impl::open_child()
{
  check_pair_file();
  if (lmp->universe->nworlds > 1 && !worlds.several() && lmp->comm->me == 0)
    claim.emplace(options.state_file(), fmt::format("partition {}", lmp->universe->iworld),
                  "with share yes partitions learn together; those that learn apart need YAML files of different names");
  child = std::make_unique<CGFlowChild>(lmp, options.atomistic, copies(), !cgflow::is_molecular(config));
}

// All copies are evaluated whenever one of them is asked for, and most of the evaluations are in training steps, which ask for a share
// of a batch. Below eight the cost of an evaluation does not fall any more.
int FixCGFlowAL::Impl::copies() const
{
  constexpr int kLeast = 8, kMost = 64;
  if (options.copies > 0) return options.copies;
  return std::clamp((config.energy.batch + comm.size() - 1) / comm.size(), kLeast, kMost);
}

void FixCGFlowAL::Impl::prepare()
{
  if (learner) return;
  runs = pair->runs_learned(options.state_file());
  learner = std::make_unique<cgflow::Learner>(cgflow::Model(config, model_info()), child.get(), comm, log);
  if (state.exists()) state.load(config, model_info(), parts());
}

// The pair style shows what is learned, so its file must be of the same model.
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

void FixCGFlowAL::setup_pre_exchange()
{
  if (update->whichflag != 1 || update->nsteps <= 0) return;
  if (!impl->alone)
    impl->guarded([&] {
      if (impl->state.has_walkers())
        impl->state.put_walkers(*impl->mc, impl->worlds);
      else if (impl->learner->phase() == cgflow::Learner::Phase::untrained)
        impl->train(&Impl::begin);
    });
  // Fix cgflow/mc checks the places and brings each walker to its rank.
  impl->mc->setup_pre_exchange();
  if (impl->idle || impl->given_up || impl->learner->phase() == cgflow::Learner::Phase::finished ||
      update->ntimestep >= update->laststep) {
    impl->end_is_known = true;
    impl->end_run_early();
    return;
  }
  impl->learner->resume_run();
  impl->last_checkpoint = platform::walltime();
  if (!impl->state_due) return;
  impl->state_due = false;
  impl->guarded([&] { impl->write_state(); });
}

// First training of a model, or the first run with a trained one.
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
  checkpoint_due = true;
}

// Everybody that looks at the PMF sees the model as it is now; result files follow.
void FixCGFlowAL::Impl::publish()
{
  pair->set_surface(learner->surface());
  mc->set_stop_threshold(learner->threshold(), learner->ceiling());
}

// Before the setup of a run: walkers are simply put where they belong, the setup evaluates them there.
void FixCGFlowAL::Impl::put_walkers_at_start()
{
  CGFlow::Walkers access(lmp);
  access.bind(pair->space().n_cv(), "fix cgflow/al");
  for (int i = 0; i < lmp->atom->nlocal; ++i)
    access.set(i, learner->start_point(worlds.first_id() + lmp->atom->tag[i]).data());
}

void FixCGFlowAL::setup(int)
{
  if (impl->in_run && !impl->alone) impl->figures = impl->tally();
}

void FixCGFlowAL::initial_integrate(int)
{
  if (!impl->in_run) error->all(FLERR, "Fix cgflow/al: got a run with pre no, expected pre yes");
  if (!impl->sweep_may_begin() || !impl->pending) return;
  impl->pending = false;
  impl->guarded([&] { impl->train(&Impl::iterate); });
  if (!impl->given_up) return;
  impl->end_is_known = true;
  impl->end_run_early();
}

void FixCGFlowAL::Impl::iterate()
{
  const int n_cv = learner->model().space().n_cv();
  learner->iterate(CGFlow::WalkerRows::gather(lmp, *mc, comm, n_cv, worlds.first_id()).stopped_points());
  publish();
  mc->refresh();
  // All of them: a walker that has slid into a basin sees nothing of an edge of the known region behind a barrier.
  for (int i = 0; i < lmp->atom->nlocal; ++i)
    if (options.start_at_data || mc->stopped(i))
      mc->place(i, learner->start_point(worlds.first_id() + lmp->atom->tag[i]).data());
  checkpoint_due = true;
}

void FixCGFlowAL::end_of_step()
{
  Impl &p = *impl;
  if (p.cut_short || p.given_up) return;
  p.figures = p.tally();
  const std::int64_t walkers = p.worlds.walkers();
  const auto decision = p.learner->after_sweep(walkers - std::llround(p.figures.going), walkers);
  p.pending = decision == cgflow::Learner::Decision::iterate;
  p.ledger.set_step(update->ntimestep);
  if (decision == cgflow::Learner::Decision::finish || update->ntimestep >= update->laststep) {
    // A resumed run has fewer sweeps to go than LAMMPS thinks. Files follow in post_run(): a state that says that learning
    // has ended must be the last file written.
    p.end_is_known = true;
    if (decision == cgflow::Learner::Decision::finish || p.start == CGFlowRunLedger::Start::resumed) p.end_run_early();
    return;
  }

  // The state is written in post_run().
  if (p.figures.signal) {
    p.end_is_known = true;
    return p.end_run_early();
  }

  bool due = p.checkpoint_due;
  if (p.options.checkpoint_sweeps > 0) {
    due = due || update->ntimestep % p.options.checkpoint_sweeps == 0;
  } else if (!due && update->ntimestep % 64 == 0) {
    // The first rank's clock decides, looked at rarely: a broadcast costs more than a sweep.
    int now = platform::walltime() - p.last_checkpoint > 60.0 * p.options.checkpoint_minutes;
    MPI_Bcast(&now, 1, MPI_INT, 0, p.worlds.ranks());
    due = now != 0;
  }
  if (due) p.checkpoint();
}

// Results first: with the state of before, whatever the files lack is computed again.
void FixCGFlowAL::Impl::checkpoint()
{
  // Apart, because the first rank alone can fail in the first and all ranks meet in the second.
  if (checkpoint_due) guarded([&] { write_results(); });
  guarded([&] { write_state(); });
  checkpoint_due = false;
}

void FixCGFlowAL::Impl::write_state()
{
  last_checkpoint = platform::walltime();
  state.write(parts(), comm);
}

void FixCGFlowAL::Impl::write_results()
{
  if (comm.rank() != 0 || !learner->model().has_pmf()) return;
  const cgflow::Model &model = learner->model();
  model.write(options.model_file());
  cgflow::write_file(options.history_file(), learner->history());
  if (!writes_pmf()) return;
  const int d = model.space().n_cv();
  const int points = d == 1 ? 201 : d == 2 ? 101 : 41;
  cgflow::write_pmf(options.pmf, *model.ensemble_surface(), model.header(), std::vector<int>(d, points));
}

// Where the processor's time of this run went, as LAMMPS says it of its own parts below.
void FixCGFlowAL::Impl::say_times()
{
  const cgflow::WorkTimes &now = learner->times();
  double all[5] = {now.energies - before.energies, now.training - before.training, now.labels - before.labels,
                   now.fits - before.fits, cgflow::processor_seconds() - began};
  comm.sum(all, 5);
  const double rest = all[4] - all[0] - all[1] - all[2] - all[3], percent = 100.0 / std::max(all[4], 1e-6);
  log.line(fmt::format(
      "processor time of all ranks {:.1f} s: energies {:.1f} %, training {:.1f} %, labels {:.1f} %, fits {:.1f} %, "
      "walkers and the rest {:.1f} %",
      all[4], all[0] * percent, all[1] * percent, all[2] * percent, all[3] * percent, rest * percent));
}

void FixCGFlowAL::post_run()
{
  Impl &p = *impl;
  if (!p.in_run) return;
  p.in_run = false;
  if (!p.end_is_known && !p.idle) p.worlds.all_go_on(false);
  if (p.cut_short) update->ntimestep = p.ledger.step();
  if (p.forced) timer->reset_timeout();
  // As after a limit of wall time: the runs that follow in the script are skipped.
  const bool asked = !p.alone && p.comm.interrupted();
  if (asked) timer->force_timeout();
  p.signals.end();
  if (p.given_up) return p.give_up();
  if (p.idle) return;
  const bool finished = p.learner->phase() == cgflow::Learner::Phase::finished;
  // A run that a timeout cut short is not complete: the same command line goes on with it.
  if (finished || p.ledger.step() >= update->laststep) p.ledger.complete_run();
  p.learner->end_run();
  p.checkpoint_due = true;
  p.checkpoint();
  const auto &counts = p.learner->model().counts;
  p.log.line(fmt::format("status {}, {} iterations, evaluations: md {} example {} energy {} test {} labels {} total {}",
                         p.learner->status(), p.learner->model().iteration, counts.md, counts.example, counts.energy,
                         counts.test, counts.labels, counts.total()));
  p.say_times();
  if (asked && !finished) p.log.line("a signal asked this run to end; the same command line goes on with it");
  if (!p.learner->model().has_pmf()) return p.log.line("wrote " + p.options.state_file());
  p.log.line(fmt::format("wrote {}{} and {}", p.writes_pmf() ? p.options.pmf + ", " : "", p.options.model_file(),
                         p.options.state_file()));
}

double FixCGFlowAL::compute_vector(int i)
{
  Impl &p = *impl;
  if (!p.learner) return i == 2 ? static_cast<double>(atom->natoms) : 0.0;
  // Worlds that learn together need not all look at the same time.
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

double FixCGFlowAL::memory_usage() { return impl->state.memory_usage(); }
