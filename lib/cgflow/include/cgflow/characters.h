// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_CHARACTERS_H
#define CGFLOW_CHARACTERS_H

#include <cstddef>
#include <string_view>

namespace cgflow {

/// Length of the UTF-8 character at `i`, 0 when there is none or when it is a control character other than tab and ends of
/// lines.
inline std::size_t utf8_character(std::string_view text, std::size_t i)
{
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(i);
  if (first < 0x80) return (first >= ' ' && first != 0x7f) || first == '\n' || first == '\t' || first == '\r';
  const std::size_t length = first >= 0xc2 && first < 0xe0   ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte(i + k) & 0xc0) != 0x80) return 0;
  // Overlong encodings, surrogates, and numbers beyond the last character.
  if ((first == 0xe0 && byte(i + 1) < 0xa0) || (first == 0xed && byte(i + 1) > 0x9f)) return 0;
  if ((first == 0xf0 && byte(i + 1) < 0x90) || (first == 0xf4 && byte(i + 1) > 0x8f)) return 0;
  return length;
}

}    // namespace cgflow

#endif
