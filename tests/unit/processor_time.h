// SPDX-License-Identifier: GPL-2.0-only
// A limit of the processor time that a test uses. On a busy machine the clock says little.
#ifndef CGFLOW_TESTS_PROCESSOR_TIME_H
#define CGFLOW_TESTS_PROCESSOR_TIME_H

#include <csignal>
#include <string>
#include <sys/time.h>
#include <unistd.h>

namespace cgflow::tests {

/// What is being tried.
inline std::string current;

/// Says what did not end. Only calls that a signal handler may make.
inline void too_slow(int)
{
  const char words[] = "\nno end within the limit:\n";
  ssize_t ignored = ::write(2, words, sizeof words - 1);
  ignored = ::write(2, current.data(), current.size());
  static_cast<void>(ignored);
  ::_exit(1);
}

/// Ends the process by too_slow() after so many further seconds of its own; never when `seconds` is 0.
inline void limit_processor_seconds(unsigned seconds)
{
  std::signal(SIGPROF, too_slow);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(seconds);
  ::setitimer(ITIMER_PROF, &timer, nullptr);
}

}    // namespace cgflow::tests

#endif
