// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_SIGNALS_H
#define LMP_CGFLOW_AL_SIGNALS_H

#include <stdexcept>

namespace LAMMPS_NS {

/// Thrown when a signal interrupts work. It is not an error, but the objects that the work was changing are of no further use.
class CGFlowInterrupted : public std::runtime_error {
 public:
  CGFlowInterrupted() : std::runtime_error("the work was given up, as a signal asked for") {}
};

/// SIGTERM and SIGUSR1, which queue systems send when the time of a job is over. Between begin() and end() they are only recorded;
/// before and after they have their usual effect. A signal that the process ignores stays ignored.
class CGFlowSignals {
 public:
  CGFlowSignals() = default;
  ~CGFlowSignals() { end(); }
  CGFlowSignals(const CGFlowSignals &) = delete;
  CGFlowSignals &operator=(const CGFlowSignals &) = delete;
  void begin();
  void end();
  /// Whether this process has received one of them since the first begin().
  static bool noted();

 private:
  bool begun_ = false;
};

}    // namespace LAMMPS_NS

#endif
