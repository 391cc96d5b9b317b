// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_entries.h"

#include "base/text.h"
#include "config/cg_variables.h"
#include "config/config_values.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace cgflow {

namespace {

/// A key of an entry.
template <class Entry> struct EntryKey {
  std::string name;
  std::string type;
  std::string help;
  bool is_kind;    ///< it defines the coordinate: an entry has exactly one of these
  std::function<void(const YamlTree &, const YamlNode &, const std::string &path, Entry &)> read;
  std::function<std::string(const Entry &)> write;    ///< as YAML; empty when the entry does not have it
};

bool is_coordinate_name(const std::string &name)
{
  if (name.empty() || name[0] < 'x' || name[0] > 'z') return false;
  if (name.size() == 1) return true;
  return name[1] != '0' && name.size() <= 10 && name.find_first_not_of("0123456789", 1) == std::string::npos;
}

void read_linear(const YamlTree &tree, const YamlNode &node, const std::string &path, LinearMix &out)
{
  const std::string example = "a map from coordinates to coefficients such as {x1: 1, y1: -1}";
  if (node.kind != YamlNode::Kind::map) fail_value(tree, node, path, example);
  if (node.entries.empty()) tree.fail(node, path, "got an empty map, expected " + example);
  for (const auto &[key, value] : node.entries) {
    const std::string where = path + "." + key.text;
    if (!is_coordinate_name(key.text))
      tree.fail(key, where,
                "unknown coordinate, expected x, y or z with an atom ID (x1, y1, z1, x2, ...), or x, y, z of one atom");
    const double coefficient = read_number(tree, value, where, {}, "number other than 0");
    if (coefficient == 0.0) fail_value(tree, value, where, "number other than 0");
    out[key.text] = coefficient;
  }
}

void read_range(const YamlTree &tree, const YamlNode &node, const std::string &path, std::vector<double> &out)
{
  const std::string expected = "two numbers [lo, hi] with lo < hi";
  if (node.kind != YamlNode::Kind::list) fail_value(tree, node, path, expected);
  if (node.items.size() != 2)
    tree.fail(node, path, "got a list of length " + std::to_string(node.items.size()) + ", expected " + expected);
  for (const auto &item : node.items) out.push_back(read_number(tree, item, path, {}, expected));
  if (!(out[0] < out[1]))
    tree.fail(node, path, "got [" + format_number(out[0]) + ", " + format_number(out[1]) + "], expected " + expected);
}

void read_atoms(const YamlTree &tree, const YamlNode &node, const std::string &path, int count, std::vector<int> &out)
{
  const std::string expected = "a list of " + std::to_string(count) + " different atom IDs, integers > 0";
  if (node.kind != YamlNode::Kind::list) fail_value(tree, node, path, expected);
  if (static_cast<int>(node.items.size()) != count)
    tree.fail(node, path, "got a list of length " + std::to_string(node.items.size()) + ", expected " + expected);
  for (const auto &item : node.items) {
    const auto id = item.kind == YamlNode::Kind::text && !item.quoted ? parse_integer(item.text) : std::nullopt;
    if (!id || *id < 1 || *id > std::numeric_limits<int>::max()) fail_value(tree, item, path, expected);
    if (std::find(out.begin(), out.end(), *id) != out.end())
      tree.fail(item, path, "got atom " + item.text + " twice, expected " + expected);
    out.push_back(static_cast<int>(*id));
  }
}

template <class Number> std::string list_text(const std::vector<Number> &values)
{
  std::vector<std::string> numbers;
  for (const Number value : values) numbers.push_back(format_number(value));
  return numbers.empty() ? "" : "[" + join(numbers) + "]";
}

std::string linear_text(const LinearMix &mix)
{
  std::vector<std::string> parts;
  for (const auto &[name, coefficient] : mix) parts.push_back(name + ": " + format_number(coefficient));
  return parts.empty() ? "" : "{" + join(parts) + "}";
}

template <class Entry> EntryKey<Entry> name_key()
{
  return {"name",
          "text",
          "Name in messages and in the titles of columns.",
          false,
          [](const YamlTree &tree, const YamlNode &node, const std::string &path, Entry &entry) {
            entry.name = read_name(tree, node, path);
          },
          [](const Entry &entry) { return quoted_text(entry.name); }};
}

template <class Entry> EntryKey<Entry> linear_key()
{
  return {
      "linear",
      "map {coordinate: number}",
      "A linear combination of Cartesian coordinates. A coordinate is x, y or z with an atom ID (x1, y1, z1, x2, ...), or "
      "x, y, z in a system of one atom.",
      true,
      [](const YamlTree &tree, const YamlNode &node, const std::string &path, Entry &entry) {
        read_linear(tree, node, path, entry.linear);
      },
      [](const Entry &entry) { return linear_text(entry.linear); }};
}

/// The key of a kind of CG variable that `count` atoms define.
EntryKey<CgVariableConfig> atoms_key(const std::string &name, int count, std::vector<int> CgVariableConfig::*member,
                                     const std::string &help)
{
  return {name,
          "list of " + std::to_string(count) + " atom IDs",
          help,
          true,
          [count, member](const YamlTree &tree, const YamlNode &node, const std::string &path, CgVariableConfig &entry) {
            read_atoms(tree, node, path, count, entry.*member);
          },
          [member](const CgVariableConfig &entry) { return list_text(entry.*member); }};
}

template <class Entry> const std::vector<EntryKey<Entry>> &entry_keys();

template <> const std::vector<EntryKey<CgVariableConfig>> &entry_keys()
{
  using Entry = CgVariableConfig;
  static const std::vector<EntryKey<Entry>> keys{
      name_key<Entry>(),
      linear_key<Entry>(),
      atoms_key(
          "dihedral", 4, &Entry::dihedral,
          "A dihedral of the molecule by the IDs i, j, k, l of four atoms bonded in a row: degrees, IUPAC sign, periodic."),
      atoms_key("angle", 3, &Entry::angle, "An angle of the molecule at the second of three atoms, in degrees."),
      atoms_key("bond", 2, &Entry::bond, "The distance of two bonded atoms, in LAMMPS length units."),
      {"range", "list [lo, hi]",
       "Range of the variable in box units, which defines the CG box. A dihedral has [-180, 180] and needs none. All others "
       "need one: that of an angle within (0, 180), that of a bond above 0.",
       false,
       [](const YamlTree &tree, const YamlNode &node, const std::string &path, Entry &entry) {
         read_range(tree, node, path, entry.range);
       },
       [](const Entry &entry) { return list_text(entry.range); }}};
  return keys;
}

template <> const std::vector<EntryKey<FineConfig>> &entry_keys()
{
  static const std::vector<EntryKey<FineConfig>> keys{name_key<FineConfig>(), linear_key<FineConfig>()};
  return keys;
}

/// Names of the entry's keys, or of its kinds alone.
template <class Entry> std::vector<std::string> key_names(bool kinds_only)
{
  std::vector<std::string> names;
  for (const auto &key : entry_keys<Entry>())
    if (key.is_kind || !kinds_only) names.push_back(key.name);
  return names;
}

template <class Entry> Entry read_entry(const YamlTree &tree, const YamlNode &node, const std::string &path)
{
  if (node.kind != YamlNode::Kind::map) fail_value(tree, node, path, "a map with the keys " + join(key_names<Entry>(false)));
  Entry entry;
  std::vector<std::string> kinds;
  for (const auto &[name, value] : node.entries) {
    const EntryKey<Entry> *found = nullptr;
    for (const auto &key : entry_keys<Entry>())
      if (key.name == name.text) found = &key;
    if (!found) fail_key(tree, name, path + "." + name.text, key_names<Entry>(false));
    if (found->is_kind) kinds.push_back(found->name);
    found->read(tree, value, path + "." + name.text, entry);
  }
  if (entry.name.empty()) tree.fail(node, path, "missing key 'name', expected name: TEXT");
  if (kinds.size() != 1)
    tree.fail(node, path,
              "got " + (kinds.empty() ? "no coordinate" : join(kinds, " and ")) + ", expected exactly one of " +
                  join(key_names<Entry>(true)));
  return entry;
}

template <class Entry> std::vector<Entry> read_entries(const YamlTree &tree, const YamlNode &node, const std::string &path)
{
  if (node.kind != YamlNode::Kind::list)
    fail_value(tree, node, path, "a list of entries with the keys " + join(key_names<Entry>(false)));
  std::vector<Entry> entries;
  std::set<std::string> names;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string where = path + "[" + std::to_string(i + 1) + "]";
    entries.push_back(read_entry<Entry>(tree, node.items[i], where));
    if (!names.insert(entries.back().name).second)
      tree.fail(node.items[i], where + ".name", "got '" + entries.back().name + "' a second time, expected different names");
  }
  return entries;
}

template <class Entry> std::string text_of(const Entry &entry)
{
  std::vector<std::string> parts;
  for (const auto &key : entry_keys<Entry>())
    if (const std::string text = key.write(entry); !text.empty()) parts.push_back(key.name + ": " + text);
  return "{" + join(parts) + "}";
}

template <class Entry> void describe(const std::string &path, std::vector<KeywordInfo> &out)
{
  for (const auto &key : entry_keys<Entry>()) out.push_back({path + "[]." + key.name, key.type, "", key.help, ""});
}

}    // namespace

std::vector<CgVariableConfig> read_cg_entries(const YamlTree &tree, const YamlNode &node)
{
  auto entries = read_entries<CgVariableConfig>(tree, node, "cg");
  if (entries.empty()) tree.fail(node, "cg", "got an empty list, expected at least one CG variable");
  if (const auto problem = cg_problem(entries))
    tree.fail(node.items[problem->entry], "cg[" + std::to_string(problem->entry + 1) + "]", problem->text);
  // A dihedral's range may be given or left out; both are the same variable.
  for (auto &entry : entries)
    if (!entry.dihedral.empty()) entry.range.clear();
  return entries;
}

std::vector<FineConfig> read_fine_entries(const YamlTree &tree, const YamlNode &node)
{
  return read_entries<FineConfig>(tree, node, "fine");
}

std::string entry_text(const CgVariableConfig &entry) { return text_of(entry); }
std::string entry_text(const FineConfig &entry) { return text_of(entry); }

std::vector<KeywordInfo> entry_keywords()
{
  std::vector<KeywordInfo> keywords;
  describe<CgVariableConfig>("cg", keywords);
  describe<FineConfig>("fine", keywords);
  return keywords;
}

}    // namespace cgflow
