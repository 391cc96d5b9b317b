// SPDX-License-Identifier: GPL-2.0-only
// The members of Limits and Keyword, and lookups in the keyword table.
#include "config/config_table.h"

#include "base/text.h"
#include "config/config_entries.h"

#include <algorithm>
#include <cmath>

namespace cgflow {

bool Limits::contain(double value) const
{
  return std::isfinite(value) && (lo_open ? value > lo : value >= lo) && (hi_open ? value < hi : value <= hi);
}

namespace {
// Whole numbers with all of their digits: 1000000 and not 1e+06.
std::string limit_text(double limit)
{
  const bool whole = std::floor(limit) == limit && std::fabs(limit) < 1e15;
  return whole ? std::to_string(static_cast<std::int64_t>(limit)) : format_number(limit);
}
}    // namespace

std::string Limits::text() const
{
  const bool bounded = hi < std::numeric_limits<double>::infinity();
  if (lo == -std::numeric_limits<double>::infinity()) return "";
  if (!bounded) return (lo_open ? " > " : " >= ") + limit_text(lo);
  return std::string(" in ") + (lo_open ? "(" : "[") + limit_text(lo) + ", " + limit_text(hi) + (hi_open ? ")" : "]");
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
  std::string operator()(const std::vector<std::string> *v) const
  {
    std::vector<std::string> items;
    for (const auto &item : *v) items.push_back((*this)(&item));
    return "[" + join(items) + "]";
  }
};

struct EmptyList {
  template <class Scalar> bool operator()(const Scalar *) const { return false; }
  template <class Item> bool operator()(const std::vector<Item> *v) const { return v->empty(); }
};

struct FindProblem {
  const Keyword &row;
  using Problem = std::optional<ConfigProblem>;

  Problem refuse(const std::string &path, const std::string &got) const
  {
    return ConfigProblem{path, "got " + got + ", expected " + row.type_text()};
  }
  template <class Number> Problem number(const std::string &path, Number v) const
  {
    if (row.limits.contain(static_cast<double>(v))) return std::nullopt;
    return refuse(path, format_number(v));
  }
  Problem word(const std::string &path, const std::string &v) const
  {
    if (row.allows(v)) return std::nullopt;
    return refuse(path, "'" + v + "'");
  }
  template <class Item, class Find> Problem list(const std::vector<Item> &v, const Find &find) const
  {
    if (v.empty() && !row.may_be_empty()) return refuse(row.path, "an empty list");
    for (std::size_t i = 0; i < v.size(); ++i)
      if (auto found = find(row.path + "[" + std::to_string(i + 1) + "]", v[i])) return found;
    return std::nullopt;
  }

  Problem operator()(const bool *) const { return std::nullopt; }
  Problem operator()(const int *v) const { return number(row.path, *v); }
  Problem operator()(const std::int64_t *v) const { return number(row.path, *v); }
  Problem operator()(const double *v) const { return number(row.path, *v); }
  Problem operator()(const std::string *v) const { return word(row.path, *v); }
  Problem operator()(const std::vector<int> *v) const
  {
    return list(*v, [this](const std::string &path, int item) { return number(path, item); });
  }
  Problem operator()(const std::vector<std::string> *v) const
  {
    return list(*v, [this](const std::string &path, const std::string &item) { return word(path, item); });
  }
};

template <class Visitor> auto visit(const Keyword &row, const Config &config, const Visitor &visitor)
{
  // A row has one accessor for reading and writing; the visitors here take pointers to const.
  return std::visit(visitor, row.slot(const_cast<Config &>(config)));
}

}    // namespace

std::string Keyword::type_text() const { return visit(*this, Config(), TypeText{*this}); }

std::string Keyword::value_text(const Config &config) const { return visit(*this, config, ValueText{*this}); }

bool Keyword::allows(const std::string &word) const
{
  return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

bool Keyword::may_be_empty() const { return visit(*this, Config(), EmptyList()); }

std::optional<ConfigProblem> Keyword::problem(const Config &config) const
{
  return visit(*this, config, FindProblem{*this});
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
