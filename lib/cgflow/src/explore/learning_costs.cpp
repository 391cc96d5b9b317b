// SPDX-License-Identifier: GPL-2.0-only
#include "explore/learning_costs.h"

#include "base/test_points.h"

namespace cgflow {

std::int64_t training_cost(std::int64_t points, const EnergyConfig &energy, int epochs)
{
  const std::int64_t test = test_points(points, energy.test);
  return (points - test) * energy.latent * epochs + test;
}

std::int64_t label_cost(const LabelConfig &labels)
{
  return labels.from == "training" ? 0 : static_cast<std::int64_t>(labels.points) * labels.latent;
}

}    // namespace cgflow
