// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_PMF_TABLE_H
#define CGFLOW_PMF_TABLE_H

#include "cgflow/pmf_surface.h"

#include <memory>
#include <string>
#include <vector>

namespace cgflow {

/// Mean and std of a PMF on a regular grid (d <= 3), interpolated by cubic splines. They are periodic in periodic
/// dimensions. In others the curvature at the ends is that of four points, so that the error is of fourth order up to
/// the edges. Evaluation is a Kokkos kernel on the host.
class PmfTable : public PmfSurface {
 public:
  /// f and std [points[0] * points[1] * ...], the last dimension fastest, in energy units. A non-periodic dimension has
  /// both ends of its range; a periodic one has points at lo + i * width / points, without the end. A std of infinity
  /// marks a point where nothing is known, and the cells around it have an infinite std too. Throws ModelError when d >
  /// 3, a dimension has fewer than 4 points, an F is not finite, or a std is negative or NaN.
  PmfTable(CgSpace space, double kT, std::vector<int> points, std::vector<double> f, std::vector<double> std);
  ~PmfTable() override;

  /// Samples another surface on a grid. Beginning with 16 cells per dimension, the grid is refined by a factor of two
  /// until F at the cells' centers differs by at most `tolerance` (energy units) wherever F is less than 20 kT over its
  /// minimum. The std may differ by 5 % more, and may be too large by ten times the tolerance. Returns null when that
  /// needs more than max_points, or when finer grids no longer lower the error of F, as for a discontinuous F or one whose
  /// rounding errors exceed the tolerance.
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
