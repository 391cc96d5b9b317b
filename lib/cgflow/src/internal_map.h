// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_INTERNAL_MAP_H
#define CGFLOW_SRC_INTERNAL_MAP_H

#include "coordinates.h"

#include "cgflow/molecule.h"

namespace cgflow {

/// Internal coordinates of a molecule with the config's CG variables among them. Throws ConfigError.
std::unique_ptr<CoordinateMap> make_internal_map(const Config &config, const Molecule &molecule);

}    // namespace cgflow

#endif
