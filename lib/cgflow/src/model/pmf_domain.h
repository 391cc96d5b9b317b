// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_PMF_DOMAIN_H
#define CGFLOW_SRC_PMF_DOMAIN_H

#include "cgflow/config.h"
#include "cgflow/molecule.h"

#include <string>

namespace cgflow {

/// The part of configuration space over which a model's PMF integrates, as text for the header of its files. "all" for
/// linear CG variables. For a molecule it says what the coordinates keep of its structure, such as "L, trans, one
/// labelling".
std::string pmf_domain(const Config &config, const Molecule &molecule);

}    // namespace cgflow

#endif
