// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/atomic_file.h"

#include "cgflow/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace cgflow {

namespace {

[[noreturn]] void fail(const std::string &what, const std::string &path, int error, const std::string &detail = "")
{
  throw FileError("Cannot " + what + " file " + path + ": " + std::strerror(error) + detail);
}

/// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor()
  {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  bool open() const { return fd_ >= 0; }
  int get() const { return fd_; }
  /// Returns 0 or an errno. Some file systems report a full disk or quota only here.
  int close()
  {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0 ? 0 : errno;
  }

 private:
  int fd_;
};

/// Returns 0 or an errno.
int write_all(int fd, std::string_view content)
{
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

std::string folder_of(const std::string &path)
{
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// Without it the new name may be lost in a power failure. Errors are ignored: not every file system supports it, and
/// the file is whole in any case.
void sync_folder(const std::string &path)
{
  Descriptor fd(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.open()) ::fsync(fd.get());
}

/// Throws for everything but a regular file.
void check_regular(const std::string &path, const struct stat &status)
{
  if (S_ISDIR(status.st_mode)) fail("read", path, EISDIR);
  if (S_ISREG(status.st_mode)) return;
  const char *kind = S_ISFIFO(status.st_mode) ? "a pipe" : S_ISSOCK(status.st_mode) ? "a socket" : "a device";
  throw FileError("Cannot read file " + path + ": it is " + kind + ", expected a regular file");
}

/// For devices and pipes, which have no old content to keep.
void write_device(const std::string &path, std::string_view content)
{
  Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.open()) fail("write", path, errno);
  if (const int error = write_all(fd.get(), content)) fail("write", path, error);
  if (const int error = fd.close()) fail("write", path, error);
}

/// The file that a path means, as far as it can be written.
struct Target {
  explicit Target(const std::string &name) : path(link_target(name))
  {
    struct stat old {};
    exists = ::stat(path.c_str(), &old) == 0;
    if (!exists && errno == ELOOP) fail("write", name, errno);
    mode = old.st_mode & 07777;
    if (exists && S_ISDIR(old.st_mode)) fail("write", name, EISDIR);
    is_device = exists && !S_ISREG(old.st_mode);
    // A rename would replace even a read-only file.
    if (exists && ::access(path.c_str(), W_OK) != 0) fail("write", name, errno);
  }
  std::string path;
  bool exists = false, is_device = false;
  mode_t mode = 0;
};

/// The temporary file beside a target. It is removed unless it takes the target's name.
class TemporaryFile {
 public:
  TemporaryFile(const Target &target, const std::string &path)
      : target_(target), path_(path), name_(target.path + ".tmp"),
        detail_(" (while writing " + name_ + ", " + path + " is as it was)")
  {
    // The temporary name is always the same, so that the next run overwrites what a killed run has left. It is removed
    // first because it may be a link to another place.
    ::unlink(name_.c_str());
    fd_.emplace(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (fd_->open()) return;
    const int error = errno;
    struct stat other {};
    fail("write", path, error, error == ENAMETOOLONG || ::lstat(name_.c_str(), &other) == 0 ? detail_ : "");
  }
  ~TemporaryFile()
  {
    if (!kept_) ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  void write(std::string_view content)
  {
    if (target_.exists && ::fchmod(fd_->get(), target_.mode) != 0) fail("write", path_, errno, detail_);
    if (const int error = write_all(fd_->get(), content)) fail("write", path_, error, detail_);
    // Without fsync() the rename may reach the disk before the content.
    if (::fsync(fd_->get()) != 0) fail("write", path_, errno, detail_);
    if (const int error = fd_->close()) fail("write", path_, error, detail_);
  }
  void take_name()
  {
    if (::rename(name_.c_str(), target_.path.c_str()) != 0) fail("write", path_, errno, detail_);
    kept_ = true;
  }

 private:
  const Target &target_;
  const std::string &path_;
  std::string name_, detail_;
  std::optional<Descriptor> fd_;
  bool kept_ = false;
};

}    // namespace

std::string link_target(const std::string &path)
{
  // As many as Linux follows.
  constexpr int kMaxLinks = 40;
  std::filesystem::path target = path;
  std::error_code error;
  for (int i = 0; i < kMaxLinks && std::filesystem::is_symlink(target, error); ++i) {
    const auto next = std::filesystem::read_symlink(target, error);
    if (error) return path;
    target = target.parent_path() / next;
  }
  return target.string();
}

void write_file(const std::string &path, std::string_view content)
{
  const Target target(path);
  if (target.is_device) return write_device(target.path, content);
  TemporaryFile temporary(target, path);
  temporary.write(content);
  temporary.take_name();
  sync_folder(target.path);
}

void check_writable(const std::string &path)
{
  const Target target(path);
  if (target.is_device) return;
  // Rights do not tell it: those of root hold nowhere on a read-only file system, and the temporary name may be too long.
  TemporaryFile temporary(target, path);
}

std::string read_file(const std::string &path)
{
  // To open a pipe waits for a writer, and to open a device may do anything, so the kind is looked at before. With
  // O_NONBLOCK nothing waits even if the file is replaced in between; regular files ignore it.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) fail("read", path, errno);
  check_regular(path, status);
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.open()) fail("read", path, errno);
  if (::fstat(fd.get(), &status) != 0) fail("read", path, errno);
  check_regular(path, status);
  std::string content;
  content.reserve(static_cast<std::size_t>(status.st_size));
  char block[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), block, sizeof block);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path, errno);
    if (n == 0) return content;
    content.append(block, static_cast<std::size_t>(n));
  }
}

}    // namespace cgflow
