// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_RUN_STATE_H
#define LMP_CGFLOW_AL_RUN_STATE_H

#include <stdexcept>

namespace LAMMPS_NS {

/// Where a run of fix cgflow/al stands, and how it ends. This class holds all transitions:
///
///     Run   any -> sweeping        begin(): LAMMPS initializes a run with steps
///           sweeping -> idle       make_idle(): this run has nothing to do
///           any -> none            leave(): the run is over, or LAMMPS initializes a run without steps
///     End   any -> open            begin()
///           open -> last_sweep | cut_short | given_up    end_is()
///
/// begin() and leave() accept any state, because an error may have ended the last run before post_run().
class CGFlowALRunState {
 public:
  enum class Run {
    none,        ///< no run with steps is in progress
    idle,        ///< the run does nothing: it was complete, or learning had ended, before it began
    sweeping,    ///< walkers move
  };
  enum class End {
    open,          ///< the run goes on
    last_sweep,    ///< the run ends after the present sweep, in all worlds that learn together
    cut_short,     ///< the run has ended in another world; this world leaves out the sweep that LAMMPS has begun
    given_up,      ///< a signal interrupted a training: the learner is of no further use
  };

  Run run() const { return run_; }
  End end() const { return end_; }
  bool in_run() const { return run_ != Run::none; }
  bool goes_on() const { return end_ == End::open; }

  void begin()
  {
    run_ = Run::sweeping;
    end_ = End::open;
  }
  void make_idle()
  {
    if (run_ != Run::sweeping) throw std::logic_error("fix cgflow/al: only a run that has begun can be idle");
    run_ = Run::idle;
  }
  void end_is(End end)
  {
    if (end == End::open || end_ != End::open) throw std::logic_error("fix cgflow/al: a run ends in one way");
    end_ = end;
  }
  void leave() { run_ = Run::none; }

 private:
  Run run_ = Run::none;
  End end_ = End::open;
};

}    // namespace LAMMPS_NS

#endif
