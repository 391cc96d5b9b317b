// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_TEXT_H
#define CGFLOW_SRC_TEXT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cgflow {

/// Shortest decimal text that reads back as the same bits, whatever the locale.
std::string format_number(double value);
/// A finite decimal number that fills the whole text: no blanks, no inf, nan or hexadecimal.
std::optional<double> parse_number(std::string_view text);
/// The same for a whole number; 5e4 and 50000.0 are whole, 1.5 is not. Nothing when it does not fit 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Text by a pattern of printf(), of any length.
std::string formatted(const char *pattern, ...) __attribute__((format(printf, 1, 2)));

/// Length of the longest beginning that is UTF-8 without control characters other than tab and ends of lines.
std::size_t utf8_length(std::string_view text);
/// The beginning of a text of unknown origin, for one line of a message: other characters are shown as '?'.
std::string shown(std::string_view text);

/// "a, b, c"
std::string join(const std::vector<std::string> &words, const std::string &separator = ", ");
/// The word that a misspelled one probably stands for, or an empty text.
std::string nearest_word(const std::string &word, const std::vector<std::string> &allowed);
/// "; did you mean 'x'?" or nothing.
std::string did_you_mean(const std::string &word, const std::vector<std::string> &allowed);

}    // namespace cgflow

#endif
