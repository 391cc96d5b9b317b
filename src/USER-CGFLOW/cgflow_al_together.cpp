// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_together.h"

#include "cgflow_child.h"

#include "comm.h"
#include "domain.h"
#include "error.h"
#include "force.h"
#include "lammps.h"
#include "universe.h"
#include "update.h"

#include "cgflow/archive.h"
#include "cgflow/error.h"
#include "cgflow/molecule.h"
#include "cgflow/probes.h"

#include "fmt/format.h"

#include <algorithm>
#include <filesystem>

using namespace LAMMPS_NS;

namespace {

// Each fix has a tag of its own, so that a message to a fix that is gone is not taken for one to its successor. MPI guarantees tags up
// to 32767.
constexpr int kTags = 32768;

constexpr const char *kWords[] = {"begins a run", "sets a run up", "begins a sweep", "ends a sweep", "ends a run"};
constexpr double kNoEvent = 5.0;    // above all events, so that a farewell does not change the lowest and the highest one

// A duplicate of a communicator for the messages between worlds. It is made once and kept as an attribute of the communicator. It is
// never freed: a world that fails leaves messages that nobody receives, and MPICH refuses to free a communicator with such messages.
MPI_Comm mail_of(MPI_Comm ranks)
{
#ifdef MPI_STUBS
  return ranks;
#else
  static int key = MPI_KEYVAL_INVALID;
  if (key == MPI_KEYVAL_INVALID) MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &key, nullptr);
  MPI_Comm *mail = nullptr;
  int found = 0;
  MPI_Comm_get_attr(ranks, key, &mail, &found);
  if (!found) {
    mail = new MPI_Comm;
    MPI_Comm_dup(ranks, mail);
    MPI_Comm_set_attr(ranks, key, mail);
  }
  return *mail;
#endif
}

std::string number(double value) { return fmt::format("{:.15g}", value); }

std::string full_path(const std::string &file) { return std::filesystem::absolute(file).lexically_normal().string(); }

}    // namespace

CGFlowALTogether::CGFlowALTogether(LAMMPS *lmp, const CGFlowWorlds &worlds) : lmp_(lmp), worlds_(worlds)
{
  if (!worlds.several()) return;
  mail_ = mail_of(worlds.ranks());
  static int fixes = 0;    // of this process; processes may have had different numbers of them
  int agreed = 0;
  MPI_Allreduce(&fixes, &agreed, 1, MPI_INT, MPI_MAX, worlds.ranks());
  fixes = agreed + 1;
  tag_ = agreed % kTags;
}

bool CGFlowALTogether::begin_run()
{
  asked_ = -1;    // a run that was cut short may have asked about the sweep that this one begins with
  may_sweep_ = true;
  meet(Event::begin_run, {});
  return !alone();
}

bool CGFlowALTogether::begin_sweep()
{
  if (asked_ != lmp_->update->ntimestep) {
    asked_ = lmp_->update->ntimestep;
    meet(Event::begin_sweep, {});
  }
  return may_sweep_;
}

CGFlowALTogether::Figures CGFlowALTogether::meet(Event event, const Figures &mine)
{
  const double what = static_cast<int>(event);
  Message all{what, what, mine.going, mine.largest_std, mine.signal ? 1.0 : 0.0, 0.0};
  if (event == Event::end_sweep) {
    // A sum and two maxima in one message.
    received_.resize(lmp_->comm->nprocs);
    MPI_Allgather(&all, kNumbers, MPI_DOUBLE, received_.data(), kNumbers, MPI_DOUBLE, lmp_->world);
    all = received_.front();
    for (std::size_t r = 1; r < received_.size(); ++r) all.add(received_[r]);
  }
  if (worlds_.several() && !alone()) {
    if (lmp_->comm->me == 0) all = meet_worlds(all);
    MPI_Bcast(&all, kNumbers, MPI_DOUBLE, 0, lmp_->world);
    conclude(event, all);
  }
  return {all.going, all.largest_std, all.signal > 0.0};
}

void CGFlowALTogether::Message::add(const Message &other)
{
  first_event = std::min(first_event, other.first_event);
  last_event = std::max(last_event, other.last_event);
  going += other.going;    // whole numbers, so their order does not matter
  largest_std = std::max(largest_std, other.largest_std);
  signal = std::max(signal, other.signal);
  gone = std::max(gone, other.gone);
}

void CGFlowALTogether::conclude(Event event, const Message &all)
{
  gone_ = static_cast<int>(all.gone) - 1;
  if (alone()) {
    if (event == Event::begin_run) return;
    lmp_->error->all(FLERR, "Fix cgflow/al: share yes: partition {} has ended during a run; its log says why", gone_);
  }
  const auto first = static_cast<Event>(all.first_event), last = static_cast<Event>(all.last_event);
  if (first == last) return;
  // A limit of the wall time, for example, ends a run in one world when another one has begun the next sweep.
  if (first == Event::begin_sweep && last == Event::end_run) {
    may_sweep_ = event != Event::begin_sweep;
    return;
  }
  lmp_->error->all(FLERR, "Fix cgflow/al: share yes: a partition {} while another one {}; expected the same runs in all",
                   kWords[static_cast<int>(first)], kWords[static_cast<int>(last)]);
}

// On the first rank of each world: gathers along the tree, and spreads the result. A world that has said farewell gets the result too,
// so that one message goes each way between neighbors in any case.
CGFlowALTogether::Message CGFlowALTogether::meet_worlds(Message mine) const
{
  for (const int child : children()) mine.add(receive(child));
  if (worlds_.mine() > 0) {
    send(mine, parent());
    mine = receive(parent());
  }
  for (const int child : children()) send(mine, child);
  return mine;
}

std::vector<int> CGFlowALTogether::children() const
{
  std::vector<int> all;
  for (int child = 2 * worlds_.mine() + 1; child <= 2 * worlds_.mine() + 2; ++child)
    if (child < worlds_.count()) all.push_back(child);
  return all;
}

// Six numbers: each MPI sends so few at once and returns, whether or not they are received.
void CGFlowALTogether::send(Message message, int world) const
{
  MPI_Send(&message, kNumbers, MPI_DOUBLE, lmp_->universe->root_proc[world], tag_, mail_);
}

CGFlowALTogether::Message CGFlowALTogether::receive(int world) const
{
  Message message;
  MPI_Recv(&message, kNumbers, MPI_DOUBLE, lmp_->universe->root_proc[world], tag_, mail_, MPI_STATUS_IGNORE);
  return message;
}

// The neighbors in the tree are those that wait for a message of this world; they tell the others.
void CGFlowALTogether::say_farewell(bool within_run) const
{
  if (!worlds_.several() || alone() || lmp_->comm->me != 0) return;
  std::vector<int> neighbors = children();
  if (worlds_.mine() > 0) neighbors.push_back(parent());
  const Message farewell{kNoEvent, -1.0, 0.0, 0.0, 0.0, worlds_.mine() + 1.0};
  for (const int neighbor : neighbors) send(farewell, neighbor);
  // MPI expects that a message is received. Each neighbor sends one more: its own farewell, or that of its next meeting.
  if (!within_run)
    for (const int neighbor : neighbors) receive(neighbor);
}

void CGFlowALTogether::require_same_run() const
{
  worlds_.require_equal({{"the number of steps of a run", std::to_string(lmp_->update->nsteps)},
                         {"the timestep before it", std::to_string(lmp_->update->ntimestep)}});
}

void CGFlowALTogether::require_same_learning(const Learning &learning) const
{
  if (!worlds_.several()) return;
  const CGFlowALOptions &options = learning.options;
  worlds_.require_equal(
      {{"the unit style", lmp_->update->unit_style},
       {"the temperature", number(options.T)},
       {"the seed", std::to_string(options.seed)},
       {"the threshold", number(options.threshold)},
       {"the state file", full_path(options.state_file())},
       {"the file of the PMF", full_path(options.pmf)},
       {"keyword start", options.start_at_data ? "data" : "here"},
       {"keyword fresh", options.fresh ? "yes" : "no"},
       {"keyword checkpoint", options.checkpoint_sweeps > 0 ? fmt::format("{} sweeps", options.checkpoint_sweeps)
                                                            : number(options.checkpoint_minutes) + " minutes"},
       {"the file of pair_coeff", learning.pair_file},
       {"the dimension of the atomistic system", std::to_string(learning.child.dimension())}});
  const Domain &domain = *lmp_->domain;
  for (int k = 0; k < 3; ++k)
    worlds_.require_equal(
        {{std::string("the box in ") + "xyz"[k], number(domain.boxlo[k]) + " to " + number(domain.boxhi[k])}});
  require_same_molecule(learning);
  require_same_energies(learning);
  require_same_yaml(learning);
}

void CGFlowALTogether::require_same_molecule(const Learning &learning) const
{
  cgflow::Archive archive("state");
  cgflow::put_molecule(archive, learning.child.molecule());
  const std::vector<std::string> all = worlds_.texts(archive.to_bytes());
  const auto molecule = [&](std::size_t world) {
    return cgflow::get_molecule(cgflow::Archive::from_bytes(all[world], "state", learning.options.atomistic));
  };
  for (std::size_t w = 1; w < all.size(); ++w) {
    const std::string text = cgflow::molecule_difference(molecule(0), "the molecule of partition 0", molecule(w),
                                                         fmt::format("that of partition {}", w));
    if (!text.empty())
      throw cgflow::ModelError("share yes: " + text + "; partitions that learn together must learn the same one");
  }
}

void CGFlowALTogether::require_same_energies(const Learning &learning) const
{
  cgflow::Archive archive("state");
  cgflow::put_probes(archive, learning.child.probes());
  const std::vector<std::string> all = worlds_.texts(archive.to_bytes());
  const auto energies = [&](std::size_t world) {
    const auto other = cgflow::Archive::from_bytes(all[world], "state", learning.options.atomistic);
    return cgflow::get_probes(other, learning.child.n_atoms()).energies;
  };
  const std::vector<double> first = energies(0);
  for (std::size_t w = 1; w < all.size(); ++w) {
    const std::vector<double> here = energies(w);
    const int i = cgflow::first_difference(first, here, lmp_->force->boltz * learning.options.T);
    if (i >= 0)
      worlds_.disagree("the energy of a probe of the atomistic system", fmt::format("{:.10g}", first[i]),
                       fmt::format("{:.10g}", here[i]), w);
  }
}

void CGFlowALTogether::require_same_yaml(const Learning &learning) const
{
  const std::vector<std::string> all = worlds_.texts(learning.config.to_yaml());
  const auto parse = [&](std::size_t world) { return cgflow::Config::parse(all[world], learning.options.yaml); };
  for (std::size_t w = 1; w < all.size(); ++w)
    if (const auto difference = parse(0).first_difference(parse(w)))
      worlds_.disagree("the YAML key " + difference->key, difference->here, difference->there, w);
}
