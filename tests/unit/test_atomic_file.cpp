// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/atomic_file.h"

#include "cgflow/error.h"
#include "temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace cgflow;
namespace fs = std::filesystem;
using ::testing::HasSubstr;

namespace {

std::string error_of(const std::function<void()> &action)
{
  try {
    action();
  } catch (const FileError &error) {
    return error.what();
  }
  return "no FileError";
}

std::vector<std::string> names_in(const std::string &folder)
{
  std::vector<std::string> names;
  for (const auto &entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// Runs `child` in a process of its own.
template <class Action> pid_t in_child(const Action &child)
{
  const pid_t pid = ::fork();
  if (pid == 0) {
    child();
    ::_exit(0);
  }
  return pid;
}

/// The error of an action by a user without special rights. Root may write everywhere, so the process becomes another user.
std::string error_as_user(const TemporaryFolder &folder, const std::function<void()> &action)
{
  const uid_t nobody = 65534;
  if (::getuid() == 0 && ::chown(folder.path().c_str(), nobody, nobody) != 0) return "chown is not possible here";
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t pid = in_child([&] {
    const bool plain = ::getuid() != 0 || ::setuid(nobody) == 0;
    const std::string error = plain ? error_of(action) : "setuid is not possible here";
    if (::write(ends[1], error.data(), error.size()) < 0) ::_exit(1);
  });
  ::waitpid(pid, nullptr, 0);
  ::close(ends[1]);
  char text[1000];
  const ssize_t n = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
}

}    // namespace

TEST(AtomicFile, ReadsBackEveryByte)
{
  const TemporaryFolder folder;
  for (std::size_t size : {0, 1, 65535, 65536, 65537, 3000000}) {
    std::string content(size, '\0');
    for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 31 + i / 256);
    write_file(folder / "a", content);
    EXPECT_EQ(read_file(folder / "a"), content);
  }
  EXPECT_THAT(names_in(folder.path()), ::testing::ElementsAre("a"));
}

TEST(AtomicFile, RelativeNamesWork)
{
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  write_file("plain", "text");
  fs::current_path(before);
  EXPECT_EQ(read_file(folder / "plain"), "text");
}

TEST(AtomicFile, KeepsModeAndLinksOfTheOldFile)
{
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  ::chmod((folder / "a").c_str(), 0640);
  fs::create_symlink("a", folder / "link");
  write_file(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "a"), "new");
  struct stat status {};
  ::stat((folder / "a").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(AtomicFile, LinkToAFileThatDoesNotExistYetIsFollowed)
{
  const TemporaryFolder folder;
  fs::create_directory(folder / "scratch");
  fs::create_symlink("scratch/a", folder / "link");
  fs::create_symlink("link", folder / "second");
  write_file(folder / "second", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "second"));
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_file(folder / "scratch/a"), "new");
  fs::create_symlink("loop", folder / "loop");
  EXPECT_THAT(error_of([&] { write_file(folder / "loop", "x"); }), HasSubstr("Too many levels of symbolic links"));
  EXPECT_THAT(error_of([&] { check_writable(folder / "loop"); }), HasSubstr("Too many levels of symbolic links"));
}

TEST(AtomicFile, StaleTemporaryIsReplacedWhateverItIs)
{
  const TemporaryFolder folder;
  std::ofstream(folder / "a.tmp") << "half of a very long old file";
  write_file(folder / "a", "new");
  EXPECT_EQ(read_file(folder / "a"), "new");
  std::ofstream(folder / "other") << "untouched";
  fs::create_symlink("other", folder / "a.tmp");
  write_file(folder / "a", "newer");
  EXPECT_EQ(read_file(folder / "a"), "newer");
  EXPECT_EQ(read_file(folder / "other"), "untouched");
  EXPECT_THAT(names_in(folder.path()), ::testing::ElementsAre("a", "other"));
}

TEST(AtomicFile, ErrorsNamePathAndReason)
{
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  EXPECT_EQ(error_of([&] { write_file(folder / "no/such", "x"); }),
            "Cannot write file " + folder / "no/such" + ": No such file or directory");
  EXPECT_EQ(error_of([&] { write_file(folder / "file/a", "x"); }),
            "Cannot write file " + folder / "file/a" + ": Not a directory");
  EXPECT_EQ(error_of([&] { write_file(folder.path(), "x"); }), "Cannot write file " + folder.path() + ": Is a directory");
  EXPECT_EQ(error_of([&] { read_file(folder / "none"); }),
            "Cannot read file " + folder / "none" + ": No such file or directory");
  EXPECT_EQ(error_of([&] { read_file(folder.path()); }), "Cannot read file " + folder.path() + ": Is a directory");
}

TEST(AtomicFile, ReadOnlyFolderIsAnError)
{
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  const auto error = error_as_user(folder, [&] {
    ::chmod(folder.path().c_str(), 0555);
    write_file(folder / "a", "new");
  });
  EXPECT_EQ(error, "Cannot write file " + folder / "a" + ": Permission denied");
  EXPECT_EQ(read_file(folder / "a"), "old");
}

TEST(AtomicFile, ProtectedFileIsNotReplaced)
{
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  ::chmod((folder / "a").c_str(), 0444);
  const auto error = error_as_user(folder, [&] { write_file(folder / "a", "new"); });
  EXPECT_EQ(error, "Cannot write file " + folder / "a" + ": Permission denied");
  EXPECT_EQ(read_file(folder / "a"), "old");
}

TEST(AtomicFile, CheckBeforehandSaysWhatWritingWouldSay)
{
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  EXPECT_EQ(error_of([&] { check_writable(folder / "a"); }), "no FileError");
  EXPECT_EQ(error_of([&] { check_writable(folder / "new"); }), "no FileError");
  EXPECT_FALSE(fs::exists(folder / "new"));
  EXPECT_EQ(error_of([&] { check_writable("name_without_folder"); }), "no FileError");
  for (const std::string &path : {folder / "no/such", folder / "a/b", folder.path(), folder / std::string(252, 'l')})
    EXPECT_EQ(error_of([&] { check_writable(path); }), error_of([&] { write_file(path, "x"); })) << path;
  const auto protected_file = error_as_user(folder, [&] {
    ::chmod((folder / "a").c_str(), 0444);
    check_writable(folder / "a");
  });
  EXPECT_EQ(protected_file, "Cannot write file " + folder / "a" + ": Permission denied");
  const auto protected_folder = error_as_user(folder, [&] {
    ::chmod(folder.path().c_str(), 0555);
    check_writable(folder / "new");
  });
  EXPECT_EQ(protected_folder, "Cannot write file " + folder / "new" + ": Permission denied");
}

TEST(AtomicFile, FullDeviceIsAnError)
{
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const TemporaryFolder folder;
  fs::create_symlink("/dev/full", folder / "full");
  EXPECT_EQ(error_of([&] { write_file(folder / "full", "x"); }), "Cannot write file /dev/full: No space left on device");
  EXPECT_FALSE(fs::exists("/dev/full.tmp"));
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

// A limit on the size of files has the effect of a disk that becomes full during a write.
TEST(AtomicFile, WriteThatStopsHalfwayLeavesTheOldFile)
{
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  const pid_t pid = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100000, 100000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string error = error_of([&] { write_file(folder / "a", std::string(200000, 'n')); });
    if (error != "Cannot write file " + folder / "a" + ": File too large (while writing " + folder / "a.tmp, " +
                     folder / "a is as it was)")
      ::_exit(1);
  });
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_THAT(names_in(folder.path()), ::testing::ElementsAre("a"));
}

// Stops the writer at the k-th entry into or return from the kernel, kills it there, and checks the files.
TEST(AtomicFile, KillBetweenAnyTwoSystemCallsLeavesOldOrNew)
{
  const TemporaryFolder folder;
  const std::string old_content(100000, 'o'), new_content(150000, 'n');
  int saw_old = 0, saw_new = 0;
  for (int stop = 0; stop < 1000; ++stop) {
    write_file(folder / "a", old_content);
    const pid_t pid = in_child([&] {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(77);
      ::raise(SIGSTOP);
      write_file(folder / "a", new_content);
    });
    int status = 0;
    ::waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "processes may not be traced here";
    for (int k = 0; k < stop && WIFSTOPPED(status); ++k) {
      ::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr);
      ::waitpid(pid, &status, 0);
    }
    const bool finished = WIFEXITED(status);
    if (!finished) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
    }
    const std::string content = read_file(folder / "a");
    ASSERT_TRUE(content == old_content || content == new_content) << "killed at stop " << stop;
    ++(content == old_content ? saw_old : saw_new);
    if (finished) break;
    // The files that a killed writer leaves do not disturb the next one.
    write_file(folder / "a", "next");
    ASSERT_EQ(read_file(folder / "a"), "next");
    ASSERT_THAT(names_in(folder.path()), ::testing::ElementsAre("a"));
  }
  // unlink, open, fchmod, write, fsync, close, rename: all of them return before the new file is in place.
  EXPECT_GE(saw_old, 13);
  EXPECT_GE(saw_new, 2);
}

TEST(AtomicFile, KillAtRandomTimesLeavesAWholeFile)
{
  const TemporaryFolder folder;
  const std::string a(400000, 'a'), b(300000, 'b');
  write_file(folder / "f", a);
  for (int round = 0; round < 30; ++round) {
    const pid_t pid = in_child([&] {
      for (;;) {
        write_file(folder / "f", b);
        write_file(folder / "f", a);
      }
    });
    ::usleep(500 + 613 * round);
    ::kill(pid, SIGKILL);
    int status = 0;
    ::waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const std::string content = read_file(folder / "f");
    ASSERT_TRUE(content == a || content == b) << "round " << round << ", " << content.size() << " bytes";
  }
}

TEST(AtomicFile, ConcurrentReadersSeeWholeFiles)
{
  const TemporaryFolder folder;
  const std::string a(300000, 'a'), b(500000, 'b');
  write_file(folder / "f", a);
  std::atomic<bool> done{false};
  std::atomic<int> bad{0};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r)
    readers.emplace_back([&] {
      while (!done) {
        const std::string content = read_file(folder / "f");
        if (content != a && content != b) ++bad;
      }
    });
  for (int i = 0; i < 50; ++i) write_file(folder / "f", i % 2 ? a : b);
  done = true;
  for (auto &reader : readers) reader.join();
  EXPECT_EQ(bad, 0);
}
