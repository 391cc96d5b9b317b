// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_LEARNING_COSTS_H
#define CGFLOW_SRC_LEARNING_COSTS_H

#include "cgflow/config.h"

#include <cstdint>

namespace cgflow {

/// Energy evaluations of a training by energy on so many CG points, those of its test loss included.
std::int64_t training_cost(std::int64_t points, const EnergyConfig &energy, int epochs);
/// Energy evaluations of an iteration's labels: none when they come from the training's own samples.
std::int64_t label_cost(const LabelConfig &labels);

}    // namespace cgflow

#endif
