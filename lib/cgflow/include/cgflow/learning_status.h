// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_LEARNING_STATUS_H
#define CGFLOW_LEARNING_STATUS_H

#include <cstdint>
#include <optional>

namespace cgflow {

/// How learning stands. Files and scripts show the number.
enum class LearningStatus : int {
  running = 0,
  converged = 1,        ///< the stopping criterion is met
  out_of_budget = 2,    ///< the next step would exceed `budget`
  run_ended = 3         ///< the run ended before learning did
};

/// The status that a number in a file stands for, if any.
std::optional<LearningStatus> learning_status(std::int64_t number);

}    // namespace cgflow

#endif
