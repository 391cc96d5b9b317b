// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_ATOMIC_FILE_H
#define CGFLOW_ATOMIC_FILE_H

#include <string>
#include <string_view>

namespace cgflow {

/// Writes a file whole or not at all: to a temporary name beside it, synced, then renamed. An old file stays as it is when
/// anything fails. Throws FileError with the path and the system's reason (no such folder, read-only, disk full).
void write_file(const std::string &path, std::string_view content);

/// Throws what write_file would throw about the path as it is now (no such folder, a folder itself, read-only), so that
/// work whose result could not be stored is not begun. Changes nothing.
void check_writable(const std::string &path);

/// Reads a whole file. Throws FileError with the path and the system's reason.
std::string read_file(const std::string &path);

}    // namespace cgflow

#endif
