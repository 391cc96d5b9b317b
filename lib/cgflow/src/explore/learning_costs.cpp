// SPDX-License-Identifier: GPL-2.0-only
#include "explore/learning_costs.h"

#include <cmath>

namespace cgflow {

std::int64_t training_cost(double points, const EnergyConfig &energy, int epochs)
{
  const double test = std::floor(energy.test * points);
  return std::llround((points - test) * energy.latent * epochs + test);
}

std::int64_t label_cost(const LabelConfig &labels)
{
  return labels.from == "training" ? 0 : static_cast<std::int64_t>(labels.points) * labels.latent;
}

}    // namespace cgflow
