// SPDX-License-Identifier: GPL-2.0-only
#include "silu.h"

#include "vector_math.h"

#include <algorithm>

namespace cgflow::kernels {
namespace {

CGFLOW_INLINE float exponential(float x) { return expf(x); }
CGFLOW_INLINE double exponential(double x) { return exp(x); }

// All numbers go through vectors of the same width, because an exponential of another width rounds differently. The last,
// incomplete vector is copied to a buffer first.
template <class T> CGFLOW_INLINE void all(std::int64_t n, const T *x, T *y, T *slope)
{
  T rest[kLanes] = {}, value[kLanes], derivative[kLanes];
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const bool whole = n - i >= kLanes;
    if (!whole) std::copy(x + i, x + n, rest);
    const T *from = whole ? x + i : rest;
    T *to = whole ? y + i : value, *to_slope = whole ? slope + i : derivative;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const T sigmoid = T(1) / (T(1) + exponential(-from[l]));
      to_slope[l] = sigmoid * (T(1) + from[l] * (T(1) - sigmoid));
      to[l] = from[l] * sigmoid;
    }
    if (whole) continue;
    std::copy_n(value, n - i, y + i);
    std::copy_n(derivative, n - i, slope + i);
  }
}

CGFLOW_CLONES void run(std::int64_t n, const float *x, float *y, float *slope) { all(n, x, y, slope); }
CGFLOW_CLONES void run(std::int64_t n, const double *x, double *y, double *slope) { all(n, x, y, slope); }

}    // namespace

void silu(std::int64_t n, const float *x, float *y, float *slope) { run(n, x, y, slope); }
void silu(std::int64_t n, const double *x, double *y, double *slope) { run(n, x, y, slope); }

}    // namespace cgflow::kernels
