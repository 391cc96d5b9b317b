// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_ATOMIC_FILE_H
#define CGFLOW_ATOMIC_FILE_H

#include <string>
#include <string_view>

namespace cgflow {

/// Writes a file whole or not at all: to a temporary name beside it, synced, then renamed. An old file stays as it is when
/// anything fails. Throws FileError with the path and the system's reason (no such folder, read-only, disk full).
void write_file(const std::string &path, std::string_view content);

/// Reads a whole file. Throws FileError with the path and the system's reason.
std::string read_file(const std::string &path);

}    // namespace cgflow

#endif
