// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FOURIER_BASIS_H
#define CGFLOW_SRC_FOURIER_BASIS_H

#include "base/tensor.h"

#include "cgflow/cg_space.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace cgflow {

/// Cosines and sines of the lowest modes of the CG space. A non-periodic range is padded to 1.6 of its width and then
/// taken as periodic (Solin and Sarkka 2020), so that its two ends are far apart. There are 256 units for d = 1, twice
/// as many for each further variable, and at most 1024.
class FourierBasis {
 public:
  explicit FourierBasis(const CgSpace &space);

  /// Number of units without the constant.
  std::int64_t size() const { return 2 * frequency_.size(0); }
  int n_cv() const { return space_.n_cv(); }
  /// Features [n, size() + 1] of s [n, n_cv] in box units: cosines, sines and 1, with columns of zeros up to `width`
  /// columns.
  Tensor features(const Tensor &s, std::int64_t width = 0) const;
  /// Functions with the given weights: weights [m, size() + 1] times features(s), [m, n]. The features are not stored.
  Tensor combine(const Tensor &weights, const Tensor &s) const;
  /// The same on a grid, one variable after the other. This takes some hundred operations per point instead of one per
  /// weight. `axes` hold values of each CG variable in box units. `take` gets consecutive parts of the grid, the last
  /// axis fastest: the number of the first point, and the values [m, points of the part].
  void combine_on_grid(const Tensor &weights, const std::vector<std::vector<double>> &axes,
                       const std::function<void(std::int64_t, const Tensor &)> &take) const;
  /// Gradient of sum_k weights[k] features[k], [n, n_cv] per box unit. weights [size() + 1].
  Tensor gradient(const Tensor &weights, const Tensor &s) const;
  /// Prior variance of each unit's weight, [size()], for a Matern process of variance 1 with this length in units of the
  /// ranges and this smoothness (Matern's nu). A hundredth of the amplitude belongs to a rougher process, because F may
  /// turn more sharply at one place than elsewhere. Without it the std there is half of the error.
  Tensor spectrum(double length, double smoothness) const;

 private:
  double angle_step(int j) const;    // radians per range of the first wave of variable j

  CgSpace space_;
  std::vector<int> k_;          // [n_cv, modes]
  std::vector<int> highest_;    // [n_cv], the largest |k|
  Tensor place_;        // [modes], index of each mode in the box of all k up to `highest_`; k of the first variable >= 0
  Tensor frequency_;    // [size() / 2, n_cv], radians per range
};

}    // namespace cgflow

#endif
