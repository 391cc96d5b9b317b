// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_SIGNALS_H
#define LMP_CGFLOW_AL_SIGNALS_H

#include <stdexcept>

namespace LAMMPS_NS {

/// Work that was given up half done after a signal. Nothing is wrong, but what it worked on is of no use.
class CGFlowInterrupted : public std::runtime_error {
 public:
  CGFlowInterrupted() : std::runtime_error("the work was given up, as a signal asked for") {}
};

/// SIGTERM and SIGUSR1, with which queue systems say that a job's time is over. Between begin() and end() they are noted and
/// do nothing else; before and after they do what they did. A signal that the process ignores stays ignored.
class CGFlowSignals {
 public:
  CGFlowSignals() = default;
  ~CGFlowSignals() { end(); }
  CGFlowSignals(const CGFlowSignals &) = delete;
  CGFlowSignals &operator=(const CGFlowSignals &) = delete;
  void begin();
  void end();
  /// Whether one of them has come to this process since the first begin().
  static bool noted();

 private:
  bool begun_ = false;
};

}    // namespace LAMMPS_NS

#endif
