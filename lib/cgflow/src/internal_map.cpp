// SPDX-License-Identifier: GPL-2.0-only
#include "internal_map.h"

#include "cgflow/error.h"

namespace cgflow {

std::unique_ptr<CoordinateMap> make_internal_map(const Config &config, const Molecule &)
{
  throw ConfigError("cg '" + config.cg[0].name + "': CG variables of the kind " + config.cg[0].kind() +
                    " can be computed but not learned yet");
}

}    // namespace cgflow
