// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CG_VARIABLES_H
#define CGFLOW_SRC_CG_VARIABLES_H

#include "cgflow/config.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace cgflow {

/// What is wrong with an entry of `cg:`.
struct CgProblem {
  std::size_t entry;    ///< 0-based
  std::string text;     ///< "got ..., expected ..."
};

/// The first entry without a kind, with a range that its kind does not allow, or with a kind that does not go with the first
/// entry's.
std::optional<CgProblem> cg_problem(const std::vector<CgVariableConfig> &entries);

}    // namespace cgflow

#endif
