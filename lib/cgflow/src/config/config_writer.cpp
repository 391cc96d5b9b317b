// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/config.h"
#include "cgflow/error.h"

#include "config/config_entries.h"
#include "config/config_table.h"

#include <algorithm>
#include <sstream>

namespace cgflow {

namespace {

template <class Entry> std::string list_text(const std::string &key, const std::vector<Entry> &entries)
{
  if (entries.empty()) return key + ": []\n";
  std::string text = key + ":\n";
  for (const auto &entry : entries) text += "  - " + entry_text(entry) + "\n";
  return text;
}

/// Writes the title of a section when the first row of the table in it comes.
class SectionTitles {
 public:
  std::string enter(const std::string &section)
  {
    std::vector<std::string> names;
    std::istringstream parts(section);
    for (std::string name; std::getline(parts, name, '.');) names.push_back(name);
    std::string text;
    std::size_t same = 0;
    while (same < names.size() && same < open_.size() && names[same] == open_[same]) ++same;
    for (std::size_t i = same; i < names.size(); ++i) text += std::string(2 * i, ' ') + names[i] + ":\n";
    open_ = names;
    return text + std::string(2 * names.size(), ' ');
  }

 private:
  std::vector<std::string> open_;
};

template <class Entry>
std::optional<ConfigDifference> entry_difference(const std::string &list, const std::vector<Entry> &here,
                                                 const std::vector<Entry> &there)
{
  for (std::size_t i = 0; i < std::max(here.size(), there.size()); ++i) {
    const std::string text_here = i < here.size() ? entry_text(here[i]) : "no entry";
    const std::string text_there = i < there.size() ? entry_text(there[i]) : "no entry";
    if (text_here != text_there) return ConfigDifference{list + "[" + std::to_string(i + 1) + "]", text_here, text_there};
  }
  return std::nullopt;
}

// The first difference among the entries of cg and fine and the keys for which `counts` is true.
template <class Counts>
std::optional<ConfigDifference> find_difference(const Config &here, const Config &there, const Counts &counts)
{
  if (auto found = entry_difference("cg", here.cg, there.cg)) return found;
  if (auto found = entry_difference("fine", here.fine, there.fine)) return found;
  for (const auto &row : keyword_table()) {
    if (!counts(row.path)) continue;
    const std::string text_here = row.value_text(here), text_there = row.value_text(there);
    if (text_here != text_there) return ConfigDifference{row.path, text_here, text_there};
  }
  return std::nullopt;
}

}    // namespace

std::string config_name(const Config &config) { return config.source.empty() ? "the configuration" : config.source; }

std::string Config::to_yaml() const
{
  std::string text = list_text("cg", cg) + list_text("fine", fine);
  SectionTitles titles;
  for (const auto &row : keyword_table())
    text += titles.enter(row.section()) + row.name() + ": " + row.value_text(*this) + "\n";
  return text;
}

bool Config::operator==(const Config &other) const
{
  return cg == other.cg && fine == other.fine && paper == other.paper && coordinates == other.coordinates &&
         flow == other.flow && example == other.example && energy == other.energy && consolidate == other.consolidate &&
         labels == other.labels && pmf == other.pmf && explore == other.explore && budget == other.budget;
}

std::optional<ConfigDifference> Config::first_difference(const Config &other) const
{
  return find_difference(*this, other, [](const std::string &) { return true; });
}

void Config::require_same_model(const Config &other) const
{
  const auto found = find_difference(*this, other, [](const std::string &path) {
    return path.starts_with("coordinates.") || path.starts_with("flow.") || path.starts_with("pmf.");
  });
  if (!found) return;
  throw ConfigError(config_name(*this) + ": " + found->key + ": got " + found->here + ", expected " + found->there +
                    " as in " + config_name(other) + ": cg, fine, coordinates, flow and pmf must be those of the model");
}

}    // namespace cgflow
