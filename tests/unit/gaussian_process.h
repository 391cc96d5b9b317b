// SPDX-License-Identifier: GPL-2.0-only
// Dense Gaussian algebra by plain loops, the reference of the ensemble's Fourier networks.
#ifndef CGFLOW_TESTS_GAUSSIAN_PROCESS_H
#define CGFLOW_TESTS_GAUSSIAN_PROCESS_H

#include "pmf/fourier_basis.h"
#include "pmf/fourier_evidence.h"

#include <cmath>
#include <vector>

namespace cgflow::testing_cases {

using Matrix = std::vector<std::vector<double>>;

/// Lower Cholesky factor of a symmetric matrix.
inline Matrix cholesky(const Matrix &a)
{
  const std::size_t n = a.size();
  Matrix l(n, std::vector<double>(n, 0.0));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= l[i][k] * l[j][k];
      l[i][j] = i == j ? std::sqrt(sum) : sum / l[j][j];
    }
  return l;
}

/// L^-1 y by forward substitution.
inline std::vector<double> forward(const Matrix &l, std::vector<double> y)
{
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) y[i] -= l[i][k] * y[k];
    y[i] /= l[i][i];
  }
  return y;
}

/// (L L^T)^-1 y.
inline std::vector<double> solve(const Matrix &l, std::vector<double> y)
{
  y = forward(l, std::move(y));
  for (std::size_t i = y.size(); i-- > 0;) {
    for (std::size_t k = i + 1; k < y.size(); ++k) y[i] -= l[k][i] * y[k];
    y[i] /= l[i][i];
  }
  return y;
}

/// ln of the normal density N(y; 0, C), less its factor of 2 pi.
inline double log_density(const Matrix &covariance, const std::vector<double> &y)
{
  const Matrix l = cholesky(covariance);
  const std::vector<double> z = forward(l, y);
  double log = 0.0;
  for (std::size_t i = 0; i < y.size(); ++i) log -= std::log(l[i][i]) + 0.5 * z[i] * z[i];
  return log;
}

/// Prior covariance of F between the rows of a [n, n_cv] and b [m, n_cv]: the Matern process of the scales and a
/// constant with a standard deviation of ten amplitudes.
inline Matrix prior_covariance(const FourierBasis &basis, const FourierScales &scales, const Tensor &a, const Tensor &b)
{
  const std::int64_t size = basis.size();
  const Tensor features_a = basis.features(a, size + 1).contiguous(), features_b = basis.features(b, size + 1).contiguous();
  const Tensor spectrum = basis.spectrum(scales.length, scales.smoothness).contiguous();
  const double *variance = spectrum.data_ptr<double>();
  Matrix out(a.size(0), std::vector<double>(b.size(0)));
  for (std::int64_t i = 0; i < a.size(0); ++i)
    for (std::int64_t j = 0; j < b.size(0); ++j) {
      const double *x = features_a.data_ptr<double>() + i * (size + 1), *y = features_b.data_ptr<double>() + j * (size + 1);
      double sum = 100.0;
      for (std::int64_t k = 0; k < size; ++k) sum += variance[k] * x[k] * y[k];
      out[i][j] = scales.amplitude * scales.amplitude * sum;
    }
  return out;
}

}    // namespace cgflow::testing_cases

#endif
