// SPDX-License-Identifier: GPL-2.0-only
// The bytes of an archive. All numbers are little-endian and 8 bytes wide unless said otherwise:
//   magic "CGFLOW\r\n" (a conversion of line ends destroys it)
//   format version, length of the whole file
//   kind: length, bytes
//   number of items, then the items in ascending order of their names:
//     name: length, bytes; type (1 byte); number of dimensions, dimensions; values (float64, int64 or bytes of text)
//   CRC-64/XZ of everything before it
// Magic, version, length and the final checksum keep their places in every version, so that a damaged file can be
// distinguished from one of a newer format.
#ifndef CGFLOW_SRC_ARCHIVE_BYTES_H
#define CGFLOW_SRC_ARCHIVE_BYTES_H

#include "cgflow/archive.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cgflow {

std::string archive_to_bytes(const std::string &kind, const std::map<std::string, ArchiveItem> &items);
/// Throws FileError. It never allocates more than a small multiple of the size of `bytes`.
std::map<std::string, ArchiveItem> archive_from_bytes(const std::string &bytes, const std::string &kind,
                                                      const std::string &source);

/// Product of the dimensions (1 without dimensions); nothing when one is negative or the product overflows.
std::optional<std::uint64_t> archive_count(const std::vector<std::int64_t> &shape);
/// "[2, 3]"
std::string archive_shape_text(const std::vector<std::int64_t> &shape);

}    // namespace cgflow

#endif
