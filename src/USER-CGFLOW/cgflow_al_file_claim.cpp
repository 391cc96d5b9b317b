// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_al_file_claim.h"

#include "cgflow/error.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

using namespace LAMMPS_NS;

namespace {

/// The owner's name in a lock file. The owner writes it after it has got the lock, so the file may be empty for a moment.
std::string owner_of(int file)
{
  char name[64];
  for (int attempt = 0; attempt < 100; ++attempt) {
    const ssize_t length = pread(file, name, sizeof name, 0);
    if (length > 0) return std::string(name, length);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return "another process";
}

}    // namespace

CGFlowFileClaim::CGFlowFileClaim(const std::string &path, const std::string &owner, const std::string &advice)
    : lock_(std::filesystem::absolute(path).string() + ".lock")
{
  file_ = open(lock_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) return;
  if (flock(file_, LOCK_EX | LOCK_NB) == 0) {
    // The name is for messages only, so a failure here does not matter.
    if (ftruncate(file_, 0) != 0 || write(file_, owner.data(), owner.size()) < 0) return;
    return;
  }
  const bool claimed = errno == EWOULDBLOCK;
  const std::string owner_now = claimed ? owner_of(file_) : "";
  close(file_);
  file_ = -1;
  if (!claimed) return;
  throw cgflow::FileError(path + " is written by " + owner_now + ", too: " + advice);
}

CGFlowFileClaim::~CGFlowFileClaim()
{
  if (file_ < 0) return;
  unlink(lock_.c_str());
  close(file_);
}
