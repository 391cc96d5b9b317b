// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ADAM_H
#define CGFLOW_SRC_ADAM_H

#include "base/tensor.h"

namespace cgflow {

/// Adam (Kingma and Ba 2015) on a tensor of parameters, in place. Moments start at zero and end with the object.
class Adam {
 public:
  /// `parameters`: float64, contiguous, possibly a part of a larger tensor. `rounded`, of the same shape: either the same
  /// tensor, or float32, which each step brings up to date. Gradients and moments have its precision. Throws ShapeError.
  Adam(const Tensor &parameters, const Tensor &rounded, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8);

  /// One step with `factor` times the gradient, of the shape and type of `rounded`. Throws ShapeError.
  void step(const Tensor &gradient, double rate, double factor = 1.0);

 private:
  Tensor parameters_, rounded_, first_, second_;
  double beta1_, beta2_, epsilon_;
  std::int64_t steps_ = 0;
};

}    // namespace cgflow

#endif
