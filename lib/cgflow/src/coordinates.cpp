// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates.h"

#include "linear_map.h"

#include "cgflow/collective_variables.h"
#include "cgflow/error.h"

#include <algorithm>

namespace cgflow {

CgSpace make_cg_space(const Config &config)
{
  std::vector<CgVariable> variables;
  for (const auto &entry : config.cg) {
    if (!entry.dihedral.empty()) {
      variables.push_back({entry.name, -180.0, 180.0, true});
      continue;
    }
    if (entry.range.size() != 2)
      throw ConfigError("cg '" + entry.name + "': got a range of " + std::to_string(entry.range.size()) +
                        " numbers, a linear CG variable needs range: [lo, hi]");
    variables.push_back({entry.name, entry.range[0], entry.range[1], false});
  }
  return CgSpace(std::move(variables));
}

std::unique_ptr<CoordinateMap> make_coordinate_map(const Config &config, int n_atoms, int dimension)
{
  if (dimension != 2 && dimension != 3)
    throw ConfigError("coordinate map: got dimension " + std::to_string(dimension) + ", expected 2 or 3");
  if (n_atoms < 1)
    throw ConfigError("coordinate map: got a system of " + std::to_string(n_atoms) + " atoms, expected at least one");
  // One map a kind of CG variable; kinds cannot be mixed, because each map completes the coordinates in its own way.
  const bool linear = std::all_of(config.cg.begin(), config.cg.end(), [](const auto &c) { return !c.linear.empty(); });
  if (!linear) throw ConfigError("cg: got an entry without coordinates, each entry needs linear: {name: coefficient}");
  return std::make_unique<LinearMap>(config, n_atoms, dimension);
}

}    // namespace cgflow
