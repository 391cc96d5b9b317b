// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/atomic_file.h"

#include "cgflow/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
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

/// Removes the temporary file unless the write has succeeded.
class TemporaryName {
 public:
  explicit TemporaryName(std::string path) : path_(std::move(path)) {}
  ~TemporaryName()
  {
    if (!kept_) ::unlink(path_.c_str());
  }
  TemporaryName(const TemporaryName &) = delete;
  TemporaryName &operator=(const TemporaryName &) = delete;
  const std::string &path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
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

/// The target of a symbolic link, so that the link is not replaced by a file.
std::string resolve(const std::string &path)
{
  std::error_code ignored;
  if (!std::filesystem::is_symlink(path, ignored)) return path;
  const auto target = std::filesystem::weakly_canonical(path, ignored);
  return ignored ? path : target.string();
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

}    // namespace

void write_file(const std::string &path, std::string_view content)
{
  const std::string target = resolve(path);
  struct stat old {};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) fail("write", path, EISDIR);
  if (exists && !S_ISREG(old.st_mode)) return write_device(target, content);
  // A rename would replace even a read-only file.
  if (exists && ::access(target.c_str(), W_OK) != 0) fail("write", path, errno);

  // The temporary name is always the same, so that the next run overwrites what a killed run has left. It is removed
  // first because it may be a link to another place.
  TemporaryName temporary(target + ".tmp");
  const std::string detail = " (while writing " + temporary.path() + ", " + path + " is as it was)";
  ::unlink(temporary.path().c_str());
  Descriptor fd(::open(temporary.path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd.open()) fail("write", path, errno);
  if (exists && ::fchmod(fd.get(), old.st_mode & 07777) != 0) fail("write", path, errno, detail);
  if (const int error = write_all(fd.get(), content)) fail("write", path, error, detail);
  // Without fsync() the rename may reach the disk before the content.
  if (::fsync(fd.get()) != 0) fail("write", path, errno, detail);
  if (const int error = fd.close()) fail("write", path, error, detail);
  if (::rename(temporary.path().c_str(), target.c_str()) != 0) fail("write", path, errno, detail);
  temporary.keep();
  sync_folder(target);
}

void check_writable(const std::string &path)
{
  const std::string target = resolve(path);
  struct stat old {};
  const bool exists = ::stat(target.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) fail("write", path, EISDIR);
  if (exists && ::access(target.c_str(), W_OK) != 0) fail("write", path, errno);
  if (exists && !S_ISREG(old.st_mode)) return;
  // The temporary file is created in the same folder.
  if (::access(folder_of(target).c_str(), W_OK | X_OK) != 0) fail("write", path, errno);
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
