// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_OUTPUT_FILES_H
#define LMP_CGFLOW_OUTPUT_FILES_H

#include "cgflow_file_claim.h"

#include <deque>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The files that a fix or command will write, for as long as it may write them. One rank makes it, before the work whose results go
/// there.
class CGFlowOutputFiles {
 public:
  struct Names {
    std::vector<std::string> outputs;
    std::vector<std::string> inputs;    ///< files that are read and must stay as they are; empty names are ignored
  };

  /// Claims those of `claims`, of which the others take their names. Throws cgflow::FileError, with the file's name, when another
  /// process has claimed one, when two outputs are one file, or when an output is an input.
  CGFlowOutputFiles(const Names &names, const std::vector<std::string> &claims, const std::string &note,
                    const std::string &advice);

  /// Says in the log from whom a claim was taken over, or why there is none.
  void say_remarks(class CGFlowLog &log) const;

 private:
  std::deque<CGFlowFileClaim> claims_;
};

/// All of the above for a command that writes the outputs once, and whether they can be written.
CGFlowOutputFiles cgflow_outputs_of_command(const CGFlowOutputFiles::Names &names, class CGFlowLog &log);

/// Throws cgflow::FileError, with the reason, for the first of the files that cannot be written now.
void cgflow_check_writable(const std::vector<std::string> &outputs);

}    // namespace LAMMPS_NS

#endif
