// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CRC64_H
#define CGFLOW_SRC_CRC64_H

#include <cstdint>
#include <string_view>

namespace cgflow {

/// CRC-64/XZ (ECMA-182 polynomial, reflected), the checksum of .xz files.
std::uint64_t crc64(std::string_view bytes);

}    // namespace cgflow

#endif
