// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_WORK_TIMES_H
#define CGFLOW_WORK_TIMES_H

#include <ctime>

namespace cgflow {

/// Processor seconds of this process by purpose, for the log. Results do not depend on them.
struct WorkTimes {
  double energies = 0.0;    ///< energies and forces, for all purposes
  double training = 0.0;    ///< of the flow, without energies
  double labels = 0.0;      ///< drawing and weighting, without energies
  double fits = 0.0;        ///< of the ensemble
};

inline double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Adds the processor time of its lifetime to `sum`, without the time that is added to `*inside` meanwhile.
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
