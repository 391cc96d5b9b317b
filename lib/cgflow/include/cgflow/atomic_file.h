// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_ATOMIC_FILE_H
#define CGFLOW_ATOMIC_FILE_H

#include <string>
#include <string_view>

namespace cgflow {

/// Writes a file whole or not at all: it writes and syncs a temporary file beside it and renames that. When anything
/// fails, an old file stays as it is. Throws FileError with the path and the system's reason (no such folder, read-only,
/// disk full).
void write_file(const std::string &path, std::string_view content);

/// The path that a symbolic link stands for, also when no file exists there yet; any other path as it is. write_file() writes
/// there, so that a link is not replaced by a file.
std::string link_target(const std::string &path);

/// Throws the error that write_file() would throw for this path now (no such folder, the path is a folder, read-only, too
/// long a name). Call it before work whose result is to be stored. It makes the temporary file and removes it.
void check_writable(const std::string &path);

/// Reads a whole regular file. Throws FileError with the path and the reason, for a folder, pipe or device too.
std::string read_file(const std::string &path);

}    // namespace cgflow

#endif
