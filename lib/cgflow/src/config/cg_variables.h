// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CG_VARIABLES_H
#define CGFLOW_SRC_CG_VARIABLES_H

#include "cgflow/config.h"

#include <string>

namespace cgflow {

/// What is wrong with the range of an entry of `cg:`, as "got ..., expected ..."; empty when nothing is.
std::string range_problem(const CgVariableConfig &entry);

}    // namespace cgflow

#endif
