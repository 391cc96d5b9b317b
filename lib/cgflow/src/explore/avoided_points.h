// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_AVOIDED_POINTS_H
#define CGFLOW_SRC_AVOIDED_POINTS_H

#include "base/near_points.h"

#include "cgflow/model.h"

#include <optional>
#include <vector>

namespace cgflow {

/// The neighborhoods of the model's rejected points. Another label there would most likely be rejected, too, for example behind
/// a hard wall. A neighborhood is a ball of half an `explore: spread` less the points that lie nearer to a label than to a
/// rejected point.
class AvoidedPoints {
 public:
  explicit AvoidedPoints(const Model &model);

  /// True when the model has no rejected points.
  bool none() const { return !rejected_; }
  bool contains(const double *s) const;
  /// The points [n, n_cv] that lie in no neighborhood, in their order.
  std::vector<double> outside(const std::vector<double> &points) const;

 private:
  CgSpace space_;
  double radius_;
  std::optional<NearPoints> rejected_, labels_;
};

}    // namespace cgflow

#endif
