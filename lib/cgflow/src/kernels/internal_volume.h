// SPDX-License-Identifier: GPL-2.0-only
// ln |dx/dq| of an internal vector without the volume of rotation and translation: the sum of 2 ln |r| of each distance and
// ln |sin| of each angle, with sizes taken within [1e-100, 1e100]. Loops over lanes, for kernels.
#ifndef CGFLOW_KERNELS_INTERNAL_VOLUME_H
#define CGFLOW_KERNELS_INTERNAL_VOLUME_H

#include "lane_vector.h"

namespace cgflow::kernels {

// NaN stays NaN.
CGFLOW_INLINE double bounded_size(double x)
{
  constexpr double kSmallest = 1e-100, kLargest = 1e100;
  const double size = x < 0.0 ? -x : x, high = size > kLargest ? kLargest : size;
  return high < kSmallest ? kSmallest : high;
}

/// Adds factor times the sum of ln |value| of values [count, kLanes] to sum [kLanes].
CGFLOW_INLINE void add_logs(const double *values, int count, double factor, double *sum)
{
  // One logarithm for a product of three, which neither overflows nor underflows: a logarithm costs as much as twenty
  // multiplications.
  double product[kLanes];
  for (int i = 0; i < count; i += 3) {
    for (int k = i; k < i + 3 && k < count; ++k) {
      const double *v = values + k * kLanes;
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) product[l] = (k == i ? 1.0 : product[l]) * bounded_size(v[l]);
    }
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) sum[l] += factor * log(product[l]);
  }
}

/// log_det [kLanes] of n atoms from the distances [n - 1, kLanes] and the sines of the angles [n - 2, kLanes], plus a
/// constant.
CGFLOW_INLINE void internal_log_det(int n, double constant, const double *distance, const double *sine, double *log_det)
{
  for (int l = 0; l < kLanes; ++l) log_det[l] = constant;
  add_logs(distance, n - 1, 2.0, log_det);
  add_logs(sine, n - 2, 1.0, log_det);
}

/// Adds g [kLanes] times the derivative of log_det to gq [3 n - 6, kLanes]. It is zero where a size is outside its bounds.
CGFLOW_INLINE void pull_internal_log_det(int n, const double *g, const double *distance, const double *sine,
                                         const double *cosine, double *gq)
{
  for (int i = 0; i < n - 1; ++i) {
    const double *r = distance + i * kLanes;
    double *to = gq + i * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double slope = 2.0 * g[l] / r[l];
      to[l] += bounded_size(r[l]) == fabs(r[l]) ? slope : 0.0;
    }
  }
  for (int i = 0; i < n - 2; ++i) {
    const double *s = sine + i * kLanes, *c = cosine + i * kLanes;
    double *to = gq + (n - 1 + i) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double slope = g[l] * c[l] / s[l];
      to[l] += bounded_size(s[l]) == fabs(s[l]) ? slope : 0.0;
    }
  }
}

}    // namespace cgflow::kernels

#endif
