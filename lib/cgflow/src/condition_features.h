// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONDITION_FEATURES_H
#define CGFLOW_SRC_CONDITION_FEATURES_H

#include "tensor.h"

#include "cgflow/cg_space.h"

namespace cgflow {

/// What networks see of s. A periodic variable enters by the cosines and sines of its first harmonics, another one by u, its
/// value scaled to [-1, 1] over its range, and those of waves over twice the range: a complete set that asks nothing of the
/// values or slopes at the ends. The harmonics let a network follow changes over a tenth of the range from the first steps.
///
/// Several variables enter also together, by waves that run askew: cosines and sines of j1 a1 + j2 a2 + ... with the
/// variables' phases a and integers j whose sizes add up to at most `harmonics`, divided by that sum. They span the products of the variables'
/// own waves. Up to three variables all such waves are there, of more variables those of pairs, up to order 2: by 4
/// harmonics 2, 3, 4 and 6 periodic variables have 40, 128, 56 and 108 features.
class ConditionFeatures {
 public:
  ConditionFeatures(const CgSpace &space, int harmonics);
  int size() const { return size_; }
  /// s [batch, n_cv] in box units -> [batch, size()]; differentiable.
  Tensor operator()(const Tensor &s) const;

 private:
  int harmonics_, size_ = 0;
  Tensor periodic_, other_;          // indices of the variables
  Tensor lo_, width_;                // [n_cv]
  Tensor orders_;                    // [harmonics]
  Tensor cross_;                     // [n_cv, waves], integers j of the waves askew; undefined for one variable
  Tensor amplitude_;                 // [waves]
  Tensor phase_scale_, phase_lo_;    // [n_cv], phase = phase_lo + phase_scale * share of the range
};

}    // namespace cgflow

#endif
