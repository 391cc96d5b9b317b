// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_STANDARDISATION_H
#define CGFLOW_SRC_STANDARDISATION_H

#include "coordinates/coordinates.h"

namespace cgflow {

/// The fixed last step of a flow: standardised values u to fine coordinates. Unbounded: mean + scale (mixing u), where the
/// lower-triangular mixing makes correlated coordinates of independent ones; bounded: the same, then a logistic curve onto
/// the range; circular: the angle u in [-pi, pi) onto the range.
class Standardisation {
 public:
  explicit Standardisation(std::vector<FineCoordinate> fine);

  struct Result {
    Tensor value;      // [batch, n_fine]
    Tensor log_det;    // [batch] or one value, ln |dvalue/dargument|
  };
  Result to_fine(const Tensor &u) const;
  Result to_unit(const Tensor &fine) const;
  /// Derivatives by the argument of a function, [batch, n_fine], from those by value [batch, n_fine] and log_det [batch].
  Tensor to_fine_back(const Tensor &u, const Tensor &g_value, const Tensor &g_log_det) const;
  Tensor to_unit_back(const Tensor &fine, const Tensor &g_value, const Tensor &g_log_det) const;

  /// mean, scale [n_fine]; mixing [n_fine, n_fine], lower triangular with a positive diagonal, 1 where circular.
  void set(const Tensor &mean, const Tensor &scale, const Tensor &mixing);
  void set(const Tensor &mean, const Tensor &scale) { set(mean, scale, at::eye(mean.size(0), at::kDouble)); }
  void fit(const Tensor &fine);
  /// Derivative by u at u = 0 of a function whose derivative by fine is g [batch, n_fine].
  Tensor pull_back(const Tensor &g) const;
  const Tensor &mean() const { return mean_; }
  const Tensor &scale() const { return scale_; }
  const Tensor &mixing() const { return mixing_; }
  bool any_circular() const { return any_circular_; }
  const Tensor &circular() const { return circular_; }    // [n_fine], true where circular

 private:
  Tensor unbounded_values(const Tensor &fine) const;    // bounded coordinates through the logit
  std::vector<FineCoordinate> fine_;
  Tensor circular_, bounded_, lo_, width_;    // [n_fine]
  bool any_circular_ = false, any_bounded_ = false;
  bool mixes_ = false;
  Tensor mean_, scale_, mixing_, inverse_mixing_, log_scale_sum_;
};

}    // namespace cgflow

#endif
