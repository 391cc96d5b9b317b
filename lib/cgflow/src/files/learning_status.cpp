// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/learning_status.h"

namespace cgflow {

std::optional<LearningStatus> learning_status(std::int64_t number)
{
  if (number < 0 || number > static_cast<std::int64_t>(LearningStatus::run_ended)) return std::nullopt;
  return static_cast<LearningStatus>(number);
}

}    // namespace cgflow
