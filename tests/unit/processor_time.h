// SPDX-License-Identifier: GPL-2.0-only
// A limit of the processor time that a test uses. On a busy machine the clock says little.
#ifndef CGFLOW_TESTS_PROCESSOR_TIME_H
#define CGFLOW_TESTS_PROCESSOR_TIME_H

#include <csignal>
#include <sys/time.h>

namespace cgflow::tests {

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
