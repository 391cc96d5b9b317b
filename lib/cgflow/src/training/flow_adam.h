// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_ADAM_H
#define CGFLOW_SRC_FLOW_ADAM_H

#include "base/adam.h"
#include "flow/flow.h"

namespace cgflow {

/// The optimizer of `count` of a flow's parameters from `first` on. Each training makes its own: moments from the end of the
/// last schedule are too small for new points, and those of another loss have another scale. Second moments average over 100
/// steps instead of Adam's usual 1000, because a training takes a few hundred steps and its gradients shrink meanwhile.
inline Adam flow_adam(ConditionalFlow &flow, std::int64_t first, std::int64_t count)
{
  constexpr double kBeta1 = 0.9, kBeta2 = 0.99;
  return Adam(flow.all().narrow(0, first, count), flow.computed().narrow(0, first, count), kBeta1, kBeta2);
}

}    // namespace cgflow

#endif
