// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_DOMAIN_H
#define CGFLOW_SRC_DOMAIN_H

#include "cgflow/config.h"
#include "cgflow/molecule.h"

#include <string>

namespace cgflow {

/// What part of configuration space a PMF of this model is the PMF of, for the header of its files: "all", or for a molecule
/// what its coordinates keep of its structure, such as "L, trans, one labelling".
std::string domain_of(const Config &config, const Molecule &molecule);

}    // namespace cgflow

#endif
