// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_TOGETHER_H
#define LMP_CGFLOW_AL_TOGETHER_H

#include "cgflow_al_options.h"
#include "cgflow_al_worlds.h"

#include "cgflow/config.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Keeps the worlds that learn together in step.
///
/// Between two meetings each world is on its own, and one may end there: its script is over, or LAMMPS has raised an error in it. Each
/// step of the fix that makes all worlds communicate therefore begins with a meeting. A world that ends says farewell, which is no
/// collective call. The other worlds read the farewell at their next meeting, where they would otherwise wait for ever. Before a run
/// they go on without learning; within a run they end with an error of their own.
///
/// The first ranks of the worlds exchange the messages along a binary tree, because a message between two ranks, unlike a collective
/// call, can be a farewell. With one world all meetings are free.
///
/// An error that LAMMPS raises on one rank of a world alone leaves the other ranks of that world waiting; only MPI_Abort() ends those,
/// and it is for the caller of LAMMPS to call it, as the program lmp does for every error of a world among several.
class CGFlowALTogether {
 public:
  /// What a world is about to do. Worlds that meet must be about to do the same.
  enum class Event { begin_run, set_up_run, begin_sweep, end_sweep, end_run };
  /// Of all walkers; the std in energy units.
  struct Figures {
    double going = 0.0, largest_std = 0.0;
    bool signal = false;    ///< any rank has received one
  };
  /// What worlds must agree on before they learn together.
  struct Learning {
    const CGFlowALOptions &options;
    const cgflow::Config &config;
    std::string pair_file;    ///< of pair_coeff
    const class CGFlowChild &child;
  };

  /// Collective over all worlds.
  CGFlowALTogether(class LAMMPS *lmp, const CGFlowWorlds &worlds);

  /// Whether another world takes no part any more, so that this one does not learn either; and the number of that world.
  bool alone() const { return gone_ >= 0; }
  int gone() const { return gone_; }

  // The meetings, in the order of a run. All ranks of a world call them.

  /// False when a world has said farewell; this one is alone() from now on.
  bool begin_run();
  void set_up_run() { meet(Event::set_up_run, {}); }
  /// False when the run has ended in another world. May be called several times before a sweep; only the first call meets.
  bool begin_sweep();
  /// Sums the figures of all ranks. Also called in the setup of a run, for the figures that it begins with.
  Figures end_sweep(const Figures &mine) { return meet(Event::end_sweep, mine); }
  /// Not after begin_sweep() has returned false: that was the meeting at the end of the run.
  void end_run() { meet(Event::end_run, {}); }

  /// This world takes no part from now on. Within a run, which an error has ended, it waits for nobody. Between runs the first rank
  /// waits until the neighbors come to their next meeting or to their own farewell.
  void say_farewell(bool within_run) const;

  /// Collective over all worlds. Both throw cgflow::ModelError on all ranks, naming the first difference.
  void require_same_run() const;
  void require_same_learning(const Learning &learning) const;

 private:
  /// A message of a meeting. MPI sends it as numbers of type double.
  struct Message {
    double first_event, last_event;    ///< lowest and highest Event of the worlds so far
    double going, largest_std, signal;
    double gone;    ///< 1 + the world that has said farewell, or 0

    void add(const Message &other);
  };
  static constexpr int kNumbers = sizeof(Message) / sizeof(double);

  Figures meet(Event event, const Figures &mine);
  Message meet_worlds(Message mine) const;
  void conclude(Event event, const Message &all);
  void send(Message message, int world) const;
  Message receive(int world) const;
  int parent() const { return (worlds_.mine() - 1) / 2; }
  std::vector<int> children() const;
  void require_same_molecule(const Learning &learning) const;
  void require_same_energies(const Learning &learning) const;
  void require_same_yaml(const Learning &learning) const;

  class LAMMPS *lmp_;
  const CGFlowWorlds &worlds_;
  MPI_Comm mail_ = MPI_COMM_NULL;    // for messages between worlds
  int tag_ = 0;
  int gone_ = -1;
  bigint asked_ = -1;    // the step before which begin_sweep() has met
  bool may_sweep_ = true;
  std::vector<Message> received_;    // kept, because end_sweep() comes in each sweep
};

}    // namespace LAMMPS_NS

#endif
