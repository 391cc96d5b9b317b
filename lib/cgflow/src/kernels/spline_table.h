// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_SPLINE_TABLE_H
#define CGFLOW_KERNELS_SPLINE_TABLE_H

#include <array>
#include <vector>

namespace cgflow::kernels {

/// A regular grid in 1 to 3 dimensions.
struct SplineGrid {
  int dimension = 0;
  std::array<int, 3> points{1, 1, 1};    ///< at least 4 in each used dimension
  std::array<double, 3> lo{0.0, 0.0, 0.0};
  std::array<double, 3> spacing{1.0, 1.0, 1.0};
  std::array<bool, 3> periodic{false, false, false};    ///< with the period points * spacing

  int cells(int i) const { return periodic[i] ? points[i] : points[i] - 1; }
  std::size_t size() const { return static_cast<std::size_t>(points[0]) * points[1] * points[2]; }
};

/// Tensor-product cubic splines of two functions on one grid, a value and its variance. Splines of the std itself would fail
/// at its cusps, where the members of an ensemble meet; the variance is smooth. The splines are twice continuously
/// differentiable, exact at the grid points, and have an error of fourth order up to the edges: the curvature at the ends of
/// a non-periodic dimension is the one-sided second difference of four points. A natural end would leave an error of second
/// order there.
class SplineTable {
 public:
  /// value, std [grid.size()], last dimension fastest. A std of infinity marks an unknown point.
  SplineTable(const SplineGrid &grid, const std::vector<double> &value, const std::vector<double> &std);

  /// s [n, dimension]; value [n]; std [n] and gradient [n, dimension] may be null. Outside a non-periodic range: value and
  /// gradient of the nearest edge, std infinite. In a cell with an unknown corner the std is infinite. A NaN in s gives a
  /// NaN value and gradient and an infinite std.
  void evaluate(int n, const double *s, double *value, double *std, double *gradient) const;

 private:
  template <int D> void run(int n, const double *s, double *value, double *std, double *gradient) const;

  SplineGrid grid_;
  std::array<int, 3> stored_{1, 1, 1};    ///< coefficients per dimension, with the neighbors that edge cells read
  std::vector<double> coefficients_;      ///< [stored, 2]: value and variance side by side, in one cache line
  std::vector<unsigned char> unknown_;    ///< [points], empty when all are known
};

/// B-spline coefficients along one line: `in` [n], `out` [n + 2], or [n + 3] if periodic, both with the stride; out[i + 1]
/// belongs to point i. `work` is a buffer.
void spline_coefficients(int n, bool periodic, const double *in, double *out, std::size_t stride, std::vector<double> &work);

}    // namespace cgflow::kernels

#endif
