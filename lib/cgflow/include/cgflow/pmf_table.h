// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_PMF_TABLE_H
#define CGFLOW_PMF_TABLE_H

#include "cgflow/pmf_surface.h"

#include <memory>
#include <string>
#include <vector>

namespace cgflow {

/// Mean and std of a PMF on a regular grid (d <= 3), read between grid points by cubic splines: periodic ones in periodic
/// dimensions, elsewhere with the end curvature of four points, which keeps the error of fourth order up to the edges.
/// Evaluation is a Kokkos kernel on the host.
class PmfTable : public PmfSurface {
 public:
  /// f and std [points[0] * points[1] * ...], last dimension fastest, energy units. A non-periodic dimension holds both
  /// ends of its range; a periodic one holds points at lo + i * width / points (the end is not repeated).
  /// A std of infinity marks a point where nothing is known; the cells around it then have an infinite std.
  /// Throws ModelError when d > 3, a dimension has fewer than 4 points, an F is not finite, or a std is negative or NaN.
  PmfTable(CgSpace space, double kT, std::vector<int> points, std::vector<double> f, std::vector<double> std);
  ~PmfTable() override;

  /// Samples another surface on a grid fine enough that the largest difference at the cells' centres is below `tolerance`
  /// (energy units; the std may be 5 % off besides, and too large by ten times the tolerance) where F is less than 20 kT
  /// over its minimum; doubles the grid, first 16 cells a dimension, until it is or max_points is reached.
  /// Returns null when the tolerance cannot be met.
  static std::unique_ptr<PmfTable> sample(const PmfSurface &surface, double tolerance, std::size_t max_points);

  const CgSpace &space() const override;
  double kT() const override;
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}    // namespace cgflow

#endif
