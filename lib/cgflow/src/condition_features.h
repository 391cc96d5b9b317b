// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONDITION_FEATURES_H
#define CGFLOW_SRC_CONDITION_FEATURES_H

#include "tensor.h"

#include "cgflow/cg_space.h"

namespace cgflow {

/// What networks see of s. A periodic variable enters by the cosines and sines of its first harmonics, another one by u, its
/// value scaled to [-1, 1] over its range, and those of waves over twice the range: a complete set that asks nothing of the
/// values or slopes at the ends. The harmonics let a network follow changes over a tenth of the range from the first steps.
class ConditionFeatures {
 public:
  ConditionFeatures(const CgSpace &space, int harmonics);
  int size() const { return size_; }
  /// s [batch, n_cv] in box units -> [batch, size()]; differentiable.
  Tensor operator()(const Tensor &s) const;

 private:
  int harmonics_, size_ = 0;
  Tensor periodic_, other_;    // indices of the variables
  Tensor lo_, width_;          // [n_cv]
  Tensor orders_;              // [harmonics]
};

}    // namespace cgflow

#endif
