// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_FILE_CLAIM_H
#define LMP_CGFLOW_FILE_CLAIM_H

#include <string>

namespace LAMMPS_NS {

/// Tells other processes that this process writes a file, by a lock on the file PATH.lock beside it, which holds the name of the
/// process for their messages. The kernel gives the lock free when the process ends in any way, also by kill -9. The lock file is
/// removed with the claim and at the exit of the process; one that is left has no effect.
class CGFlowFileClaim {
 public:
  /// `note`: added to the name of this process, for example its partition. Throws cgflow::FileError, with the name of the other
  /// process and `advice`, when another one, or another claim of this one, has claimed `path`. Nothing is claimed where the lock file
  /// cannot be made: then the file beside it cannot be written, either.
  CGFlowFileClaim(const std::string &path, const std::string &note, const std::string &advice);
  ~CGFlowFileClaim();
  CGFlowFileClaim(const CGFlowFileClaim &) = delete;
  CGFlowFileClaim &operator=(const CGFlowFileClaim &) = delete;

  bool is_held() const { return file_ >= 0; }
  /// What the user should know: from whom the claim was taken over, or why there is none. Empty in general.
  const std::string &remark() const { return remark_; }

 private:
  bool lock();
  void take_over(const std::string &path);

  std::string lock_, owner_, remark_;
  int file_ = -1;
};

}    // namespace LAMMPS_NS

#endif
