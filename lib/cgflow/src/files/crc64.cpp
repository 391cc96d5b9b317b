// SPDX-License-Identifier: GPL-2.0-only
#include "files/crc64.h"

#include <array>

namespace cgflow {

namespace {

// tables[0] adds a byte to the remainder, and tables[k] adds a byte that k zero bytes follow. So eight bytes at once
// take eight table lookups (Kounavis and Berry 2005). The speed matters because a state file is written after each
// iteration.
constexpr int kSlices = 8;
using Tables = std::array<std::array<std::uint64_t, 256>, kSlices>;

constexpr Tables make_tables()
{
  Tables tables{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xC96C5795D7870F42ull : 0);
    tables[0][i] = value;
  }
  for (int k = 1; k < kSlices; ++k)
    for (std::size_t i = 0; i < 256; ++i) tables[k][i] = tables[0][tables[k - 1][i] & 0xff] ^ (tables[k - 1][i] >> 8);
  return tables;
}

constexpr Tables kTables = make_tables();

}    // namespace

std::uint64_t crc64(std::string_view bytes)
{
  std::uint64_t value = ~std::uint64_t{0};
  std::size_t at = 0;
  for (; at + kSlices <= bytes.size(); at += kSlices) {
    std::uint64_t next = 0;
    for (int k = 0; k < kSlices; ++k) {
      const auto byte = static_cast<unsigned char>(bytes[at + k]) ^ ((value >> (8 * k)) & 0xff);
      next ^= kTables[kSlices - 1 - k][byte];
    }
    value = next;
  }
  for (; at < bytes.size(); ++at) value = kTables[0][(value ^ static_cast<unsigned char>(bytes[at])) & 0xff] ^ (value >> 8);
  return ~value;
}

}    // namespace cgflow
