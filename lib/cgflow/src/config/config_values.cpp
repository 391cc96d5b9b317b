// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_values.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace cgflow {

namespace {

bool is_plain(const YamlNode &node) { return node.kind == YamlNode::Kind::text && !node.quoted; }

}    // namespace

void fail_value(const YamlTree &tree, const YamlNode &node, const std::string &path, const std::string &expected)
{
  tree.fail(node, path, "got " + node.description() + ", expected " + expected);
}

void fail_key(const YamlTree &tree, const YamlNode &key, const std::string &path, const std::vector<std::string> &allowed,
              const std::vector<std::string> &elsewhere)
{
  std::string text = "unknown key" + did_you_mean(key.text, allowed);
  if (text.back() != '?' && !elsewhere.empty()) text += "; did you mean " + join(elsewhere, " or ") + "?";
  tree.fail(key, path, text + (text.back() == '?' ? "" : ".") + " Allowed keys: " + join(allowed));
}

double read_number(const YamlTree &tree, const YamlNode &node, const std::string &path, const Limits &limits,
                   const std::string &expected)
{
  const auto value = is_plain(node) ? parse_number(node.text) : std::nullopt;
  if (!value || !limits.contain(*value)) fail_value(tree, node, path, expected);
  return *value;
}

std::string read_name(const YamlTree &tree, const YamlNode &node, const std::string &path)
{
  const auto forbidden = [](unsigned char c) {
    return c <= ' ' || c == 127 || std::string("\"'#,[]{}").find(static_cast<char>(c)) != std::string::npos;
  };
  if (node.kind != YamlNode::Kind::text || node.text.empty() || std::any_of(node.text.begin(), node.text.end(), forbidden))
    fail_value(tree, node, path, "a name without blanks, quotes, commas, brackets and #");
  return node.text;
}

namespace {

/// The booleans of YAML 1.1 without its single letters.
std::optional<bool> read_boolean(const YamlNode &node)
{
  if (!is_plain(node)) return std::nullopt;
  for (const char *yes : {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
    if (node.text == yes) return true;
  for (const char *no : {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
    if (node.text == no) return false;
  return std::nullopt;
}

/// Reads into the member that a row's slot points to.
struct ValueReader {
  const YamlTree &tree;
  const YamlNode &node;
  const Keyword &row;
  std::string path;

  void operator()(bool *out) const
  {
    const auto value = read_boolean(node);
    if (!value) fail_value(tree, node, path, row.type_text());
    *out = *value;
  }

  template <class Integer> void integer(const YamlNode &from, const std::string &where, Integer &out) const
  {
    const auto value = is_plain(from) ? parse_integer(from.text) : std::nullopt;
    if (!value || !row.limits.contain(static_cast<double>(*value))) fail_value(tree, from, where, row.type_text());
    if (*value > std::numeric_limits<Integer>::max())
      fail_value(tree, from, where, row.type_text() + ", at most " + std::to_string(std::numeric_limits<Integer>::max()));
    out = static_cast<Integer>(*value);
  }
  void operator()(int *out) const { integer(node, path, *out); }
  void operator()(std::int64_t *out) const { integer(node, path, *out); }
  void operator()(double *out) const { *out = read_number(tree, node, path, row.limits, row.type_text()); }

  void word(const YamlNode &from, const std::string &where, std::string &out) const
  {
    const bool text = from.kind == YamlNode::Kind::text;
    if (!text || !row.allows(from.text))
      fail_value(tree, from, where, row.type_text() + (text ? did_you_mean(from.text, row.words) : ""));
    out = from.text;
  }
  void operator()(std::string *out) const { word(node, path, *out); }

  template <class Item, class Read> void list(std::vector<Item> &out, const Read &read) const
  {
    if (node.kind != YamlNode::Kind::list) fail_value(tree, node, path, row.type_text());
    if (node.items.empty() && !row.may_be_empty()) tree.fail(node, path, "got an empty list, expected " + row.type_text());
    out.assign(node.items.size(), Item());
    for (std::size_t i = 0; i < node.items.size(); ++i)
      read(node.items[i], path + "[" + std::to_string(i + 1) + "]", out[i]);
  }
  void operator()(std::vector<int> *out) const
  {
    list(*out, [this](const YamlNode &from, const std::string &where, int &value) { integer(from, where, value); });
  }
  void operator()(std::vector<std::string> *out) const
  {
    list(*out, [this](const YamlNode &from, const std::string &where, std::string &value) { word(from, where, value); });
  }
};

}    // namespace

void read_keyword(const YamlTree &tree, const YamlNode &node, const Keyword &row, Config &config)
{
  std::visit(ValueReader{tree, node, row, row.path}, row.slot(config));
}

}    // namespace cgflow
