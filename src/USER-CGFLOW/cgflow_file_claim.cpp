// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_file_claim.h"

#include "cgflow/error.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <unistd.h>

using namespace LAMMPS_NS;

CGFlowFileClaim::CGFlowFileClaim(const std::string &path, const std::string &owner, const std::string &advice)
    : lock_(std::filesystem::absolute(path).string() + ".lock")
{
  file_ = open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) return;
  if (flock(file_, LOCK_EX | LOCK_NB) == 0) {
    // For those who find it claimed; the claim itself does not depend on it.
    if (ftruncate(file_, 0) != 0 || write(file_, owner.data(), owner.size()) < 0) return;
    return;
  }
  const bool claimed = errno == EWOULDBLOCK;
  char other[64];
  const ssize_t length = pread(file_, other, sizeof other, 0);
  close(file_);
  file_ = -1;
  if (!claimed) return;
  throw cgflow::FileError(path + " is written by " + (length > 0 ? std::string(other, length) : "another process") +
                          ", too: " + advice);
}

CGFlowFileClaim::~CGFlowFileClaim()
{
  if (file_ < 0) return;
  unlink(lock_.c_str());
  close(file_);
}
