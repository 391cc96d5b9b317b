// SPDX-License-Identifier: GPL-2.0-only
#include "config/cg_variables.h"

#include "base/text.h"

#include "cgflow/error.h"

#include <algorithm>

namespace cgflow {

std::string CgVariableConfig::kind() const
{
  std::string found;
  int kinds = 0;
  const auto look = [&](bool given, const char *name) {
    if (!given) return;
    found = name;
    ++kinds;
  };
  look(!linear.empty(), "linear");
  look(!dihedral.empty(), "dihedral");
  look(!angle.empty(), "angle");
  look(!bond.empty(), "bond");
  return kinds == 1 ? found : "";
}

const std::vector<int> &CgVariableConfig::atoms() const
{
  if (!dihedral.empty()) return dihedral;
  return angle.empty() ? bond : angle;
}

bool is_molecular(const Config &config)
{
  return !config.cg.empty() &&
         std::all_of(config.cg.begin(), config.cg.end(), [](const auto &entry) { return !entry.atoms().empty(); });
}

namespace {

std::string range_problem(const CgVariableConfig &entry)
{
  const std::string kind = entry.kind(),
                    of = " for the " + kind + (kind == "linear" ? " variable '" : " '") + entry.name + "'";
  const auto &range = entry.range;
  if (range.empty()) return kind == "dihedral" ? "" : "missing key 'range', expected range: [lo, hi]" + of;
  if (range.size() != 2) return "got a range of " + std::to_string(range.size()) + " numbers, expected [lo, hi]" + of;
  const std::string got = "got the range [" + format_number(range[0]) + ", " + format_number(range[1]) + "]";
  if (kind == "dihedral" && (range[0] != -180.0 || range[1] != 180.0))
    return got + ", expected [-180, 180] or none" + of + ", which is periodic";
  if (kind == "angle" && !(range[0] > 0.0 && range[1] < 180.0)) return got + ", expected degrees within (0, 180)" + of;
  if (kind == "bond" && !(range[0] > 0.0)) return got + ", expected lengths above 0" + of;
  return "";
}

}    // namespace

std::optional<CgProblem> cg_problem(const std::vector<CgVariableConfig> &entries)
{
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const CgVariableConfig &entry = entries[i];
    if (entry.kind().empty())
      return CgProblem{i, "got no coordinate or several, expected exactly one of linear, dihedral, angle, bond"};
    if (const std::string problem = range_problem(entry); !problem.empty()) return CgProblem{i, problem};
    if (entry.linear.empty() != entries[0].linear.empty())
      return CgProblem{i, "got the kind " + entry.kind() + " beside " + entries[0].kind() +
                              ", expected linear for all CG variables or for none"};
  }
  return std::nullopt;
}

CgSpace make_cg_space(const Config &config)
{
  if (const auto problem = cg_problem(config.cg))
    throw ConfigError("cg '" + config.cg[problem->entry].name + "': " + problem->text);
  std::vector<CgVariable> variables;
  for (const auto &entry : config.cg) {
    if (entry.kind() == "dihedral")
      variables.push_back({entry.name, -180.0, 180.0, true});
    else
      variables.push_back({entry.name, entry.range[0], entry.range[1], false});
  }
  return CgSpace(std::move(variables));
}

}    // namespace cgflow
