// SPDX-License-Identifier: GPL-2.0-only
// What a row of the keyword table says about itself.
#include "config/config_table.h"

#include "base/text.h"
#include "config/config_entries.h"

#include <algorithm>

namespace cgflow {

bool Limits::contain(double value) const
{
  return (lo_open ? value > lo : value >= lo) && (hi_open ? value < hi : value <= hi);
}

std::string Limits::text() const
{
  const bool bounded = hi < std::numeric_limits<double>::infinity();
  if (lo == -std::numeric_limits<double>::infinity()) return "";
  if (!bounded) return (lo_open ? " > " : " >= ") + format_number(lo);
  return std::string(" in ") + (lo_open ? "(" : "[") + format_number(lo) + ", " + format_number(hi) + (hi_open ? ")" : "]");
}

std::string Keyword::name() const
{
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

std::string Keyword::section() const
{
  const auto dot = path.rfind('.');
  return dot == std::string::npos ? "" : path.substr(0, dot);
}

namespace {

struct TypeText {
  const Keyword &row;
  std::string operator()(bool *) const { return "true or false"; }
  std::string operator()(int *) const { return "integer" + row.limits.text(); }
  std::string operator()(std::int64_t *) const { return "integer" + row.limits.text(); }
  std::string operator()(double *) const { return "number" + row.limits.text(); }
  std::string operator()(std::string *) const { return row.words.empty() ? "text" : "one of " + join(row.words); }
  std::string operator()(std::vector<int> *) const { return "list of integers" + row.limits.text(); }
  std::string operator()(std::vector<std::string> *) const
  {
    return "list of " + (row.words.empty() ? "texts" : join(row.words));
  }
};

struct ValueText {
  const Keyword &row;
  std::string operator()(const bool *v) const { return *v ? "true" : "false"; }
  std::string operator()(const int *v) const { return std::to_string(*v); }
  std::string operator()(const std::int64_t *v) const { return std::to_string(*v); }
  std::string operator()(const double *v) const { return format_number(*v); }
  std::string operator()(const std::string *v) const { return row.words.empty() ? quoted_text(*v) : *v; }
  std::string operator()(const std::vector<int> *v) const
  {
    std::vector<std::string> words;
    for (int i : *v) words.push_back(std::to_string(i));
    return "[" + join(words) + "]";
  }
  std::string operator()(const std::vector<std::string> *v) const { return "[" + join(*v) + "]"; }
};

}    // namespace

std::string Keyword::type_text() const
{
  Config any;
  return std::visit(TypeText{*this}, slot(any));
}

std::string Keyword::value_text(const Config &config) const
{
  // The slot is only read here; one accessor for reading and writing keeps a row to one pointer.
  return std::visit(ValueText{*this}, slot(const_cast<Config &>(config)));
}

const Keyword *find_keyword(const std::string &path)
{
  for (const auto &row : keyword_table())
    if (row.path == path) return &row;
  return nullptr;
}

std::vector<std::string> names_in_section(const std::string &section)
{
  std::vector<std::string> names;
  if (section.empty()) names = {"cg", "fine"};
  const std::string prefix = section.empty() ? "" : section + ".";
  for (const auto &row : keyword_table()) {
    if (!row.path.starts_with(prefix)) continue;
    const std::string rest = row.path.substr(prefix.size());
    const std::string name = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string quoted_text(const std::string &text)
{
  static const char *digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += std::string("\\") + c;
    else if (byte < 0x20 || byte == 0x7f)
      out += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
    else
      out += c;
  }
  return out + "\"";
}

std::vector<KeywordInfo> config_keywords()
{
  std::vector<KeywordInfo> keywords = entry_keywords();
  for (const auto &row : keyword_table()) {
    const auto value = [&](bool paper, bool molecular) { return row.value_text(default_config(paper, molecular)); };
    keywords.push_back({row.path, row.type_text(), value(false, false), row.help, value(true, false), value(false, true),
                        value(true, true)});
  }
  return keywords;
}

}    // namespace cgflow
