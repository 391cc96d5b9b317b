// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include "cgflow/characters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace cgflow {

std::string format_number(double value)
{
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, end.ptr);
}

std::optional<double> parse_number(std::string_view text)
{
  // from_chars knows no plus sign.
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return {};
  }
  double value = 0.0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || !std::isfinite(value)) return {};
  return value;
}

std::optional<std::int64_t> parse_integer(std::string_view text)
{
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::int64_t value = 0;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end.ec == std::errc() && end.ptr == digits.data() + digits.size() && !text.starts_with("+-")) return value;
  const auto number = parse_number(text);
  // Above 2^53 a number with a fraction or exponent need not be the whole number that was meant.
  if (!number || std::floor(*number) != *number || std::abs(*number) > 9007199254740992.0) return {};
  return static_cast<std::int64_t>(*number);
}

std::string formatted(const char *pattern, ...)
{
  std::va_list arguments, again;
  va_start(arguments, pattern);
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, pattern, arguments);
  va_end(arguments);
  std::string text(static_cast<std::size_t>(std::max(length, 0)), '\0');
  // The terminating zero goes where std::string keeps its own.
  std::vsnprintf(text.data(), text.size() + 1, pattern, again);
  va_end(again);
  return text;
}

std::size_t utf8_length(std::string_view text)
{
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t length = utf8_character(text, i);
    if (length == 0) break;
    i += length;
  }
  return i;
}

std::string shown(std::string_view text)
{
  constexpr std::size_t kMost = 60;
  std::string line;
  for (const char c : text.substr(0, kMost)) line += c >= ' ' && c < 0x7f ? c : '?';
  return line + (text.size() > kMost ? "..." : "");
}

std::string join(const std::vector<std::string> &words, const std::string &separator)
{
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) text += (i ? separator : "") + words[i];
  return text;
}

namespace {

/// The number of insertions, deletions, replacements and swaps of adjacent letters that turn a into b.
std::size_t edits(const std::string &a, const std::string &b)
{
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::string folded(std::string word)
{
  for (char &c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return word;
}

}    // namespace

std::string nearest_word(const std::string &word, const std::vector<std::string> &allowed)
{
  std::string best;
  // A long text is no misspelled keyword, and the table of edits would grow with it.
  if (word.empty() || word.size() > 60) return best;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 3)) + 1;
  for (const auto &candidate : allowed) {
    const std::size_t distance = edits(folded(word), folded(candidate));
    // A word of one letter is never taken for another one.
    if (distance < least && distance < candidate.size()) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(const std::string &word, const std::vector<std::string> &allowed)
{
  const std::string near = nearest_word(word, allowed);
  return near.empty() ? "" : "; did you mean '" + near + "'?";
}

}    // namespace cgflow
