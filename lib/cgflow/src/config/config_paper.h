// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONFIG_PAPER_H
#define CGFLOW_SRC_CONFIG_PAPER_H

#include "cgflow/config.h"

namespace cgflow {

/// Settings of the paper (arXiv 2402.01195) for its Mueller-Brown system and for alanine dipeptide, without the system
/// itself.
Config paper_config();
Config paper_molecule_config();

}    // namespace cgflow

#endif
