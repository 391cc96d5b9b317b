// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_PARTS_H
#define CGFLOW_SRC_FLOW_PARTS_H

#include "flow/condition_features.h"
#include "flow/flow.h"
#include "flow/flow_layers.h"
#include "flow/standardisation.h"

namespace cgflow {

struct ConditionalFlow::Impl {
  Impl(const CgSpace &space, const std::vector<FineCoordinate> &fine, int harmonics)
      : n_cv(space.n_cv()), n_fine(static_cast<int>(fine.size())), features(space, harmonics), standardisation(fine)
  {
  }

  int n_cv, n_fine;
  ConditionFeatures features;
  Standardisation standardisation;
  std::vector<bool> circular;
  double log_norm = 0.0;    // of the base density
  std::vector<std::unique_ptr<FlowLayer>> layers;
  Tensor all, computed;    // the parameters, and the same in the networks' precision
  std::uint32_t version = 0;
  bool current = false;

  /// ln of the base density [batch] of z [n_fine, batch]: normal, or 1 / (2 pi) on a circle.
  Tensor log_base(const Tensor &z) const
  {
    const Tensor square = z.square();
    if (standardisation.any_circular()) square.masked_fill_(standardisation.circular().unsqueeze(1), 0.0);
    return log_norm - 0.5 * square.sum(0);
  }
  /// Its derivative by z, times g [batch], into out.
  void log_base_back(const Tensor &z, const Tensor &g, const Tensor &out) const
  {
    Tensor target = out;
    at::mul_out(target, z, -g);
    if (standardisation.any_circular()) target.masked_fill_(standardisation.circular().unsqueeze(1), 0.0);
  }

  /// Brings the copy in the networks' precision up to date. In-place changes of tensors count their version up.
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
