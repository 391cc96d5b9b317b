// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_WORK_TIMES_H
#define CGFLOW_WORK_TIMES_H

#include <ctime>

namespace cgflow {

/// Processor seconds of this process by what it spent them on. They say nothing of results: for the log, and for whoever wants to
/// know where a faster machine would help.
struct WorkTimes {
  double energies = 0.0;    ///< energies and forces, whoever asked for them
  double training = 0.0;    ///< of the flow, without energies
  double labels = 0.0;      ///< drawing and weighing, without energies
  double fits = 0.0;        ///< of the ensemble
};

inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Adds the processor time of its life to `sum`, less what is added to `*inside` meanwhile.
class WorkTimer {
 public:
  explicit WorkTimer(double &sum, const double *inside = nullptr)
      : sum_(sum), inside_(inside), begin_(processor_seconds() - (inside ? *inside : 0.0))
  {
  }
  ~WorkTimer() { sum_ += processor_seconds() - (inside_ ? *inside_ : 0.0) - begin_; }
  WorkTimer(const WorkTimer &) = delete;
  WorkTimer &operator=(const WorkTimer &) = delete;

 private:
  double &sum_;
  const double *inside_;
  double begin_;
};

}    // namespace cgflow

#endif
