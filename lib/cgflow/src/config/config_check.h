// SPDX-License-Identifier: GPL-2.0-only
// Checks of a whole Config, beyond the limits of each key.
#ifndef CGFLOW_SRC_CONFIG_CHECK_H
#define CGFLOW_SRC_CONFIG_CHECK_H

#include "config/config_table.h"

#include <optional>

namespace cgflow {

/// The first values that are allowed one by one and make no sense together.
std::optional<ConfigProblem> combination_problem(const Config &config);

}    // namespace cgflow

#endif
