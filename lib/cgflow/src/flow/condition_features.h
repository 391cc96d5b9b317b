// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONDITION_FEATURES_H
#define CGFLOW_SRC_CONDITION_FEATURES_H

#include "base/tensor.h"

#include "cgflow/cg_space.h"

namespace cgflow {

/// What networks see of s. A periodic variable enters by the cosines and sines of its first harmonics, another one by u, its
/// value scaled to [-1, 1] over its range, and those of waves over twice the range: a complete set that asks nothing of the
/// values or slopes at the ends. The harmonics let a network follow changes over a tenth of the range from the first steps.
///
/// Several periodic variables enter also together, by waves that run askew: cosines and sines of j1 a1 + j2 a2 + ... with
/// the variables' angles a and integers j whose sizes add up to at most `harmonics`, divided by that sum. They span the
/// products of the variables' own waves. Up to three variables all such waves are there, of more variables those of pairs,
/// up to order 2: by 4 harmonics 2, 3, 4 and 6 periodic variables have 40, 128, 56 and 108 features. Variables that are not
/// periodic do not cross: with crossings, flows tore where walkers reach new ground at the ends of the ranges (RMS error of F
/// 0.12 to 0.15 kT instead of 0.02 in 1 of 2 seeds of a system of two).
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
  Tensor cross_;               // [periodic variables, waves], integers j; undefined where nothing crosses
  Tensor amplitude_;           // [waves]
};

}    // namespace cgflow

#endif
