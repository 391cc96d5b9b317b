// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_FILE_CLAIM_H
#define LMP_CGFLOW_AL_FILE_CLAIM_H

#include <string>

namespace LAMMPS_NS {

/// Tells other processes of this machine that this process writes a file, by a lock on the file PATH.lock beside it. The lock file is
/// removed with the claim; a lock whose process has died has no effect.
class CGFlowFileClaim {
 public:
  /// `owner`: the name of this process for others. Throws cgflow::FileError, with the other owner's name and `advice`, when another
  /// process has claimed `path`. On a file system without locks nothing is claimed.
  CGFlowFileClaim(const std::string &path, const std::string &owner, const std::string &advice);
  ~CGFlowFileClaim();
  CGFlowFileClaim(const CGFlowFileClaim &) = delete;
  CGFlowFileClaim &operator=(const CGFlowFileClaim &) = delete;

 private:
  std::string lock_;
  int file_ = -1;
};

}    // namespace LAMMPS_NS

#endif
