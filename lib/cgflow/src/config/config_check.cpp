// SPDX-License-Identifier: GPL-2.0-only
#include "config/config_check.h"

#include "config/cg_variables.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cstdint>
#include <utility>

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

// Samples of an iteration, and weights of all networks: above these a rank would need tens of gigabytes.
constexpr double kMaxSamples = 1e7, kMaxWeights = 1e8;
constexpr std::size_t kMaxLayers = 100;

/// Weights between hidden layers of these widths.
double hidden_weights(const std::vector<int> &widths, bool residual)
{
  double sum = 0.0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const double width = widths[i];
    sum += residual ? 2.0 * width * width : width * (i > 0 ? widths[i - 1] : 1);
  }
  return sum;
}

/// Counts that are allowed alone, and whose product would take more memory than a machine has.
std::optional<ConfigProblem> product_problem(const Config &config)
{
  using Count = std::pair<const char *, double>;
  const auto samples = [](const Count &points, const Count &latent) -> std::optional<ConfigProblem> {
    if (points.second * latent.second <= kMaxSamples) return std::nullopt;
    const auto number = [](double n) { return std::to_string(static_cast<std::int64_t>(n)); };
    return ConfigProblem{points.first, "got " + number(points.second) + " with " + latent.first + " " +
                                           number(latent.second) + ", expected a product of at most " + number(kMaxSamples)};
  };
  const Count latent{"train.energy.latent", config.energy.latent};
  if (auto found = samples({"train.energy.points", config.energy.points}, latent)) return found;
  if (auto found = samples({"train.consolidate.points", config.consolidate.points}, latent)) return found;
  if (auto found = samples({"train.labels.points", config.labels.points}, {"train.labels.latent", config.labels.latent}))
    return found;
  const std::pair<const char *, std::size_t> lists[] = {{"flow.layers", config.flow.layers.size()},
                                                        {"flow.hidden", config.flow.hidden.size()},
                                                        {"pmf.hidden", config.pmf.hidden.size()}};
  for (const auto &[path, length] : lists)
    if (length > kMaxLayers)
      return ConfigProblem{path, "got a list of length " + std::to_string(length) + ", expected at most " +
                                     std::to_string(kMaxLayers)};
  const double flow = hidden_weights(config.flow.hidden, config.flow.network == "residual") * config.flow.layers.size();
  const double pmf = hidden_weights(config.pmf.hidden, false) * config.pmf.members;
  const auto too_many = [&](const std::string &path, const std::string &with, double n) {
    return ConfigProblem{path, "got " + find_keyword(path)->value_text(config) + " with " + with + ", which are " +
                                   std::to_string(static_cast<std::int64_t>(n)) + " weights, expected at most " +
                                   std::to_string(static_cast<std::int64_t>(kMaxWeights))};
  };
  if (flow > kMaxWeights) return too_many("flow.hidden", std::to_string(config.flow.layers.size()) + " layers", flow);
  if (config.pmf.network == "mlp" && pmf > kMaxWeights)
    return too_many("pmf.hidden", std::to_string(config.pmf.members) + " members", pmf);
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
  return product_problem(config);
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
