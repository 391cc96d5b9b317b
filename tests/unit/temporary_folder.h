// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_TESTS_TEMPORARY_FOLDER_H
#define CGFLOW_TESTS_TEMPORARY_FOLDER_H

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

/// An empty folder that is removed at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder()
  {
    path_ = (std::filesystem::temp_directory_path() / "cgflow-test-XXXXXX").string();
    if (!::mkdtemp(path_.data())) throw std::runtime_error("no temporary folder at " + path_);
  }
  ~TemporaryFolder()
  {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;

  const std::string &path() const { return path_; }
  std::string operator/(const std::string &name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

#endif
