// SPDX-License-Identifier: GPL-2.0-only
#include "explore/avoided_points.h"

#include "pmf/label_weights.h"

namespace cgflow {

AvoidedPoints::AvoidedPoints(const Model &model) : space_(model.space()), radius_(0.5 * model.config().explore.spread)
{
  if (model.rejected_points().empty()) return;
  rejected_.emplace(space_, model.rejected_points(), 0.0);
  if (!model.labels().empty()) labels_.emplace(space_, label_points(model.labels()), 0.0);
}

bool AvoidedPoints::contains(const double *s) const
{
  if (!rejected_) return false;
  const double distance = space_.scaled_distance(s, rejected_->nearest(s));
  return distance <= radius_ && (!labels_ || distance <= space_.scaled_distance(s, labels_->nearest(s)));
}

std::vector<double> AvoidedPoints::outside(const std::vector<double> &points) const
{
  if (!rejected_) return points;
  const std::size_t d = space_.n_cv();
  std::vector<double> left;
  for (std::size_t i = 0; i < points.size(); i += d)
    if (!contains(&points[i])) left.insert(left.end(), points.begin() + i, points.begin() + i + d);
  return left;
}

}    // namespace cgflow
