// SPDX-License-Identifier: GPL-2.0-only
// The time that a test itself has used. On a busy machine the clock says little.
#ifndef CGFLOW_TESTS_PROCESSOR_TIME_H
#define CGFLOW_TESTS_PROCESSOR_TIME_H

#include <csignal>
#include <ctime>
#include <sys/time.h>

namespace cgflow::tests {

/// Seconds of this process.
inline double processor_seconds()
{
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Calls `handler` after so many further seconds of this process; never when `seconds` is 0.
inline void call_after_processor_seconds(unsigned seconds, void (*handler)(int))
{
  std::signal(SIGPROF, handler);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

}    // namespace cgflow::tests

#endif
