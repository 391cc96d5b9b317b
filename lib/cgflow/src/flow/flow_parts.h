// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_PARTS_H
#define CGFLOW_SRC_FLOW_PARTS_H

#include "flow/condition_features.h"
#include "flow/flow.h"
#include "flow/flow_layers.h"
#include "flow/standardization.h"

namespace cgflow {

struct ConditionalFlow::Impl {
  Impl(const CgSpace &space, const std::vector<FineCoordinate> &fine, int harmonics)
      : n_cv(space.n_cv()), n_fine(static_cast<int>(fine.size())), features(space, harmonics), standardization(fine)
  {
  }

  int n_cv, n_fine;
  ConditionFeatures features;
  Standardization standardization;
  std::vector<bool> circular;
  double log_norm = 0.0;    // ln of the base density's normalization
  std::vector<std::unique_ptr<FlowLayer>> layers;
  Tensor all, computed;         // the parameters, and the same in the networks' precision
  std::uint32_t version = 0;    // of `all` when `computed` was last equal to it
  bool current = false;

  /// ln of the base density [batch] at z [n_fine, batch]: normal, or 1 / (2 pi) on a circle.
  Tensor log_base(const Tensor &z) const
  {
    const Tensor square = z.square();
    if (standardization.any_circular()) square.masked_fill_(standardization.circular(), 0.0);
    return log_norm - 0.5 * square.sum(0);
  }
  /// Writes g [batch] times its derivative by z to out [n_fine, batch].
  void log_base_back(const Tensor &z, const Tensor &g, const Tensor &out) const
  {
    Tensor target = out;
    at::mul_out(target, z, -g);
    if (standardization.any_circular()) target.masked_fill_(standardization.circular(), 0.0);
  }

  /// Brings the copy in the networks' precision up to date. Each in-place change of a tensor raises its version number.
  void refresh()
  {
    if (computed.is_same(all) || (current && version == all._version())) return;
    computed.copy_(all);
    set_current();
  }
  void set_current()
  {
    version = all._version();
    current = true;
  }
};

}    // namespace cgflow

#endif
