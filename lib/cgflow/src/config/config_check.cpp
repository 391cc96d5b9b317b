// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_check.h"

#include "config/cg_variables.h"

#include "cgflow/error.h"

#include <algorithm>

namespace cgflow {

namespace {

bool all_equal(const std::vector<int> &widths)
{
  return std::count(widths.begin(), widths.end(), widths.front()) == std::ssize(widths);
}

std::optional<ConfigProblem> entry_problem(const Config &config)
{
  if (config.cg.empty()) return ConfigProblem{"cg", "got an empty list, expected at least one CG variable"};
  if (const auto problem = cg_problem(config.cg))
    return ConfigProblem{"cg[" + std::to_string(problem->entry + 1) + "]", problem->text};
  return std::nullopt;
}

}    // namespace

std::optional<ConfigProblem> combination_problem(const Config &config)
{
  for (const auto &fine : config.fine)
    for (const auto &cg : config.cg)
      if (fine.name == cg.name)
        return ConfigProblem{"fine", "got the name '" + fine.name + "' of a CG variable, expected different names"};
  if (!config.fine.empty() && is_molecular(config))
    return ConfigProblem{"fine",
                         "got fine coordinates beside " + config.cg[0].kind() +
                             "s of a molecule, expected none: the molecule's internal coordinates are the fine coordinates"};
  if (config.flow.network == "residual" && (config.flow.hidden.empty() || !all_equal(config.flow.hidden)))
    return ConfigProblem{"flow.hidden",
                         "got " + find_keyword("flow.hidden")->value_text(config) +
                             " with flow.network residual, expected at least one width and all of them equal"};
  if (config.explore.strategy == "grid" && config.cg.size() > 2)
    return ConfigProblem{"explore.strategy",
                         "got 'grid' with " + std::to_string(config.cg.size()) + " CG variables, expected at most 2"};
  if (config.explore.strategy == "grid" && config.cg.size() == 2 && config.explore.grid > kMaxGridOfTwoVariables)
    return ConfigProblem{"explore.grid", "got " + std::to_string(config.explore.grid) +
                                             " with 2 CG variables, expected at most " +
                                             std::to_string(kMaxGridOfTwoVariables)};
  if (config.labels.from != "frozen" && config.energy.latent < 2)
    return ConfigProblem{"train.energy.latent", "got 1 with train.labels.from '" + config.labels.from +
                                                    "', expected at least 2: a label's error is the spread of its samples"};
  if (config.energy.drop >= config.energy.batch)
    return ConfigProblem{"train.energy.drop", "got " + std::to_string(config.energy.drop) +
                                                  ", expected less than train.energy.batch, which is " +
                                                  std::to_string(config.energy.batch)};
  return std::nullopt;
}

void Config::check() const
{
  std::optional<ConfigProblem> problem = entry_problem(*this);
  for (const auto &row : keyword_table())
    if (!problem) problem = row.problem(*this);
  if (!problem) problem = combination_problem(*this);
  if (problem) throw ConfigError(config_name(*this) + ": " + problem->path + ": " + problem->text);
}

}    // namespace cgflow
