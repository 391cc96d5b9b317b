// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_LOG_H
#define CGFLOW_LOG_H

#include <string>

namespace cgflow {

/// Receives the library's lines. The glue writes them to LAMMPS' screen and log on rank 0.
class Log {
 public:
  virtual ~Log() = default;
  /// Writes one line. `text` has no newline at its end and no prefix that names the writer.
  virtual void line(const std::string &text) = 0;
  virtual void warning(const std::string &text) = 0;
};

/// Drops every line.
class SilentLog : public Log {
 public:
  void line(const std::string &) override {}
  void warning(const std::string &) override {}
};

}    // namespace cgflow

#endif
