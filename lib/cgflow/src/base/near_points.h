// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_NEAR_POINTS_H
#define CGFLOW_SRC_NEAR_POINTS_H

#include "cgflow/cg_space.h"

#include <cstddef>
#include <vector>

namespace cgflow {

/// Points sorted into cells, so that those nearby are found without looking at all. Distances are in units of the
/// ranges' widths.
class NearPoints {
 public:
  /// points [n, n_cv] in box units, copied. The radius is that of count(); for nearest() alone 0, which makes the smallest cells.
  NearPoints(const CgSpace &space, std::vector<double> points, double radius);

  /// How many points lie within the radius of s [n_cv].
  int count(const double *s) const;
  /// The nearest point, the first of several; any distance. There must be one.
  const double *nearest(const double *s) const;

 private:
  static constexpr int kDimensions = 3;    // of cells; further CG variables only make them hold more
  template <class Visit> bool each_in_shell(const double *s, int reach, const Visit &visit) const;
  int cell_along(int k, double value) const;

  CgSpace space_;
  std::vector<double> points_;
  double radius_;
  std::vector<int> cells_;             // a dimension; 1 where the radius reaches around
  std::vector<std::size_t> starts_;    // of each cell in order_
  std::vector<std::size_t> order_;     // numbers of points, by cell, then ascending
};

}    // namespace cgflow

#endif
