// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONDITION_FEATURES_H
#define CGFLOW_SRC_CONDITION_FEATURES_H

#include "base/tensor.h"

#include "cgflow/cg_space.h"

namespace cgflow {

/// The features of s that the networks see. A periodic variable enters by the cosines and sines of its first harmonics.
/// Another one enters by u, its value scaled to [-1, 1] over its range, and by the cosines and sines of waves over twice the
/// range, a complete set without conditions on values or slopes at the ends. Harmonics let a network follow changes over a
/// tenth of the range from the first steps.
///
/// Several periodic variables also enter together, by oblique waves: cosines and sines of j1 a1 + j2 a2 + ... with the
/// variables' angles a and integers j, divided by the order |j1| + |j2| + ..., which is at most `harmonics`. They span the
/// products of the variables' own waves. Up to three variables have all such waves; of more variables only pairs have them,
/// up to order 2. With 4 harmonics 2, 3, 4 and 6 periodic variables have 40, 128, 56 and 108 features. Variables that are
/// not periodic have no oblique waves: with them, flows tore where walkers enter new ground at the ends of the ranges (RMS
/// error of F 0.12 to 0.15 kT instead of 0.02 for 1 of 2 seeds of a system of two variables).
class ConditionFeatures {
 public:
  ConditionFeatures(const CgSpace &space, int harmonics);
  int size() const { return size_; }
  /// s [n_cv, batch] in box units -> [size(), batch]. Throws ShapeError.
  Tensor operator()(const Tensor &s) const;

 private:
  int harmonics_, size_ = 0;
  Tensor periodic_, other_;    // indices of the variables
  Tensor lo_, width_;          // [n_cv, 1]
  Tensor orders_;              // [harmonics, 1]
  Tensor cross_;               // [waves, periodic variables], the integers j; undefined without oblique waves
  Tensor amplitude_;           // [waves, 1]
};

}    // namespace cgflow

#endif
