// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_NEAR_POINTS_H
#define CGFLOW_SRC_NEAR_POINTS_H

#include "cgflow/cg_space.h"

#include <cstddef>
#include <vector>

namespace cgflow {

/// Points sorted into cells, so that a search for near ones visits few of them. Distances are in units of the ranges'
/// widths.
class NearPoints {
 public:
  /// points [n, n_cv] in box units are copied. `radius` is that of count(). Use 0, which gives the smallest cells, for
  /// nearest() alone.
  NearPoints(const CgSpace &space, std::vector<double> points, double radius);

  /// The number of points within the radius of s [n_cv].
  int count(const double *s) const;
  /// The point nearest to s [n_cv] at any distance; the first one of several. There must be a point.
  const double *nearest(const double *s) const;

 private:
  static constexpr int kDimensions = 3;    // of the cells; a cell extends over the whole range of further CG variables
  template <class Visit> bool each_in_shell(const double *s, int reach, const Visit &visit) const;
  int cell_along(int k, double value) const;

  CgSpace space_;
  std::vector<double> points_;
  double radius_;
  std::vector<int> cells_;             // per dimension; 1 where the radius is more than a third of the range
  std::vector<std::size_t> starts_;    // first entry of each cell in order_
  std::vector<std::size_t> order_;     // numbers of points, by cell, then ascending
};

}    // namespace cgflow

#endif
