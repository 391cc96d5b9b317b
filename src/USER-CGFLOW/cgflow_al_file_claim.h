// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_FILE_CLAIM_H
#define LMP_CGFLOW_AL_FILE_CLAIM_H

#include <string>

namespace LAMMPS_NS {

/// Says to other processes of this machine that a file is written here, by a lock on the file PATH.lock beside it, which is
/// gone when the claim is, and void when its process has died.
class CGFlowFileClaim {
 public:
  /// `owner` tells others who it is. Throws cgflow::FileError, with their owner's name and `advice`, when others have claimed
  /// `path`. Where no lock can be had at all, nothing is claimed.
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
