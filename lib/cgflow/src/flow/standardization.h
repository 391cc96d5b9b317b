// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_STANDARDIZATION_H
#define CGFLOW_SRC_STANDARDIZATION_H

#include "coordinates/coordinates.h"

namespace cgflow {

/// The fixed last step of a flow, from standardized values u to fine coordinates. The batch is the innermost dimension.
/// Unbounded coordinates: mean + scale (mixing u), where the lower-triangular mixing correlates independent values. Bounded
/// ones: the same, then a logistic curve onto the range. Circular ones: the angle u in [-pi, pi) onto the range.
class Standardization {
 public:
  explicit Standardization(std::vector<FineCoordinate> fine);

  struct Result {
    Tensor value;      // [n_fine, batch]
    Tensor log_det;    // [batch] or one value, ln |dvalue/dargument|
  };
  Result to_fine(const Tensor &u) const;
  Result to_unit(const Tensor &fine) const;
  /// Derivatives of a function by the argument [n_fine, batch], from those by value [n_fine, batch] and by log_det [batch].
  Tensor to_fine_back(const Tensor &u, const Tensor &g_value, const Tensor &g_log_det) const;
  Tensor to_unit_back(const Tensor &fine, const Tensor &g_value, const Tensor &g_log_det) const;

  /// mean, scale [n_fine]; mixing [n_fine, n_fine], lower triangular with a positive diagonal, 1 where circular.
  void set(const Tensor &mean, const Tensor &scale, const Tensor &mixing);
  void set(const Tensor &mean, const Tensor &scale) { set(mean, scale, at::eye(mean.size(0), at::kDouble)); }
  /// Mean and scale of samples fine [n_fine, n].
  void fit(const Tensor &fine);
  /// Derivative by u at u = 0 of a function with the derivative g [n_fine, batch] by fine.
  Tensor pull_back(const Tensor &g) const;
  Tensor mean() const { return mean_.squeeze(1); }      // [n_fine]
  Tensor scale() const { return scale_.squeeze(1); }    // [n_fine]
  const Tensor &mixing() const { return mixing_; }
  bool any_circular() const { return any_circular_; }
  const Tensor &circular() const { return circular_; }    // [n_fine, 1], true where circular

 private:
  Tensor unbounded_values(const Tensor &fine) const;    // bounded coordinates through the logit
  Tensor mixed(const Tensor &u) const;                  // mean + scale (mixing u)
  std::vector<FineCoordinate> fine_;
  Tensor circular_, bounded_, lo_, width_;    // [n_fine, 1]
  bool any_circular_ = false, any_bounded_ = false;
  bool mixes_ = false;
  Tensor mean_, scale_, center_slope_;    // [n_fine, 1]; d fine / d (mixing u) at u = 0
  Tensor mixing_, inverse_mixing_;        // [n_fine, n_fine]
  Tensor log_scale_sum_;
};

}    // namespace cgflow

#endif
