// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ADAM_H
#define CGFLOW_SRC_ADAM_H

#include "tensor.h"

namespace cgflow {

/// Adam (Kingma and Ba 2015) on a fixed list of leaves, in place.
class Adam {
 public:
  explicit Adam(NamedTensors parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8);

  /// One step with `factor` times the given gradients, one a parameter in the list's order, float64.
  void step(const std::vector<Tensor> &gradients, double rate, double factor = 1.0);
  /// Forgets moments and step count.
  void reset();

  NamedTensors state() const;
  void load(const NamedTensors &state);

 private:
  NamedTensors parameters_;
  std::vector<Tensor> first_, second_;
  double beta1_, beta2_, epsilon_;
  std::int64_t steps_ = 0;
};

}    // namespace cgflow

#endif
