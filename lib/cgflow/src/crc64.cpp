// SPDX-License-Identifier: GPL-2.0-only
#include "crc64.h"

#include <array>

namespace cgflow {

namespace {

constexpr std::array<std::uint64_t, 256> make_table()
{
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xC96C5795D7870F42ull : 0);
    table[i] = value;
  }
  return table;
}

constexpr auto kTable = make_table();

}    // namespace

std::uint64_t crc64(std::string_view bytes)
{
  std::uint64_t value = ~std::uint64_t{0};
  for (const char c : bytes) value = kTable[(value ^ static_cast<unsigned char>(c)) & 0xff] ^ (value >> 8);
  return ~value;
}

}    // namespace cgflow
