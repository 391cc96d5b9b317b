// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_file_claim.h"

#include "fmt/format.h"

#include "cgflow/error.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace LAMMPS_NS;

namespace {

std::string host_name()
{
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 && *name ? name : "unknown";
}

std::string user_name()
{
  const passwd *entry = getpwuid(geteuid());
  return entry ? entry->pw_name : fmt::format("user {}", geteuid());
}

// The name of this process for others. gone() reads it.
std::string own_name(const std::string &note)
{
  const std::time_t now = std::time(nullptr);
  char since[32] = "";
  std::strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", std::localtime(&now));
  return fmt::format("process {} on host {} since {}, started by {}{}", getpid(), host_name(), since, user_name(),
                     note.empty() ? "" : ", " + note);
}

std::string content_of(int file)
{
  char text[512];
  const ssize_t length = pread(file, text, sizeof text, 0);
  std::string content(text, length > 0 ? length : 0);
  for (char &c : content)
    if (c < ' ' || c > '~') c = '?';
  return content;
}

// True for the name of a process of this host that does not exist.
bool gone(const std::string &owner)
{
  int process = 0;
  char host[256] = "";
  if (std::sscanf(owner.c_str(), "process %d on host %255s since", &process, host) != 2 || process <= 0) return false;
  return host == host_name() && kill(process, 0) != 0 && errno == ESRCH;
}

bool is_on_another_host(const std::string &owner)
{
  return owner.find(" on host " + host_name() + " ") == std::string::npos;
}

// Whether the open file is the one of that name. Its owner may have removed it after it was opened here.
bool is_named(int file, const std::string &path)
{
  struct stat opened {
  }, named{};
  return fstat(file, &opened) == 0 && stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

// Lock files and the processes that hold them. LAMMPS does not delete its fixes when it ends by an error. Never freed, because it is
// used at exit. A forked process inherits the entries, but not the right to remove the files.
std::map<std::string, pid_t> &held()
{
  static auto *files = new std::map<std::string, pid_t>;
  static const int registered = std::atexit([] {
    for (const auto &[path, process] : held())
      if (process == getpid()) unlink(path.c_str());
  });
  static_cast<void>(registered);
  return *files;
}

}    // namespace

CGFlowFileClaim::CGFlowFileClaim(const std::string &path, const std::string &note, const std::string &advice)
    : lock_(std::filesystem::absolute(path).string() + ".lock"), owner_(own_name(note))
{
  std::string other;
  // A process that was just killed, or that has the lock and has not yet written its name, is waited for: a second.
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (lock()) {
      if (file_ >= 0) take_over(path);
      return;
    }
    other = content_of(file_);
    close(file_);
    file_ = -1;
    if (!other.empty() && !gone(other)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw cgflow::FileError(path + " is in use by " + (other.empty() ? "another process" : other) + ": " + advice);
}

// False when another process has the lock. True without an open file when there can be no lock.
bool CGFlowFileClaim::lock()
{
  for (;;) {
    // Not for writing: a file that is open for writing would keep a file system from being made read-only.
    file_ = open(lock_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (file_ < 0) file_ = open(lock_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file_ < 0) return true;
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return false;
      remark_ = fmt::format("{} cannot be locked ({}): a second job that writes the same files would not be noticed", lock_,
                            std::strerror(errno));
      close(file_);
      file_ = -1;
      return true;
    }
    if (is_named(file_, lock_)) return true;
    close(file_);
  }
}

void CGFlowFileClaim::take_over(const std::string &path)
{
  const std::string former = content_of(file_);
  if (!former.empty())
    remark_ = fmt::format("{} is taken over from {}, which {}", path, former,
                          is_on_another_host(former) ? "holds no lock any more; this host cannot see whether it still runs"
                                                     : "has ended without removing its lock file");
  held()[lock_] = getpid();
  // The name is for messages only, so a failure here does not matter.
  const int file = open(lock_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = write(file, owner_.data(), owner_.size());
  close(file);
}

CGFlowFileClaim::~CGFlowFileClaim()
{
  if (file_ < 0) return;
  held().erase(lock_);
  unlink(lock_.c_str());
  close(file_);
}
