// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/config.h"
#include "cgflow/error.h"

#include "config_entries.h"
#include "config_table.h"

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

/// Writes the titles of sections as the rows of the table enter them.
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

std::string name_of(const Config &config) { return config.source.empty() ? "the configuration" : config.source; }

[[noreturn]] void fail_same(const Config &a, const Config &b, const std::string &path, const std::string &in_a,
                            const std::string &in_b)
{
  throw ConfigError(name_of(a) + ": " + path + ": got " + in_a + ", expected " + in_b + " as in " + name_of(b) +
                    ": cg, fine, coordinates, flow and pmf must be those of the model");
}

template <class Entry>
void require_same_entries(const Config &a, const Config &b, const std::string &path, const std::vector<Entry> &in_a,
                          const std::vector<Entry> &in_b)
{
  for (std::size_t i = 0; i < std::max(in_a.size(), in_b.size()); ++i) {
    const std::string text_a = i < in_a.size() ? entry_text(in_a[i]) : "no entry";
    const std::string text_b = i < in_b.size() ? entry_text(in_b[i]) : "no entry";
    if (text_a != text_b) fail_same(a, b, path + "[" + std::to_string(i + 1) + "]", text_a, text_b);
  }
}

}    // namespace

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

void Config::require_same_model(const Config &other) const
{
  require_same_entries(*this, other, "cg", cg, other.cg);
  require_same_entries(*this, other, "fine", fine, other.fine);
  for (const auto &row : keyword_table()) {
    const auto in = [&](const char *section) { return row.path.starts_with(section); };
    if (!in("coordinates.") && !in("flow.") && !in("pmf.")) continue;
    const std::string here = row.value_text(*this), there = row.value_text(other);
    if (here != there) fail_same(*this, other, row.path, here, there);
  }
}

}    // namespace cgflow
