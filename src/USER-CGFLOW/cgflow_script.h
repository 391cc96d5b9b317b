// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_SCRIPT_H
#define LMP_CGFLOW_SCRIPT_H

#include <set>
#include <string>

namespace LAMMPS_NS {

/// Reads the text of a LAMMPS script, and of the files that it includes by a literal name, before it is executed. Built-in commands
/// such as quit cannot be intercepted while LAMMPS executes a script, so they are refused here.
class CGFlowScript {
 public:
  /// Throws cgflow::EnergyError when the file cannot be opened.
  explicit CGFlowScript(const std::string &file);

  /// True when the text uses the variable NAME: ${NAME}, v_NAME, or $N for a name of one letter.
  bool mentions(const std::string &name) const;
  /// True when a variable command gives NAME a style other than index, which the command line could not override.
  bool defines(const std::string &name) const { return defined_.count(name) > 0; }

 private:
  void scan(const std::string &file);
  void scan_line(const std::string &line, const std::string &place);

  std::string text_;
  std::set<std::string> defined_;
  std::set<std::string> files_;
};

}    // namespace LAMMPS_NS

#endif
