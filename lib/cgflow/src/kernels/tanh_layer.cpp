// SPDX-License-Identifier: GPL-2.0-only
#include "tanh_layer.h"

#include "vector_math.h"

namespace cgflow::kernels {
namespace {

CGFLOW_CLONES void row(std::int64_t n, double bias, double *h)
{
  // tanh by exp takes two thirds of the time of libmvec's tanh.
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const double x = h[i] + bias, e = exp(-2.0 * __builtin_fabs(x));
    h[i] = __builtin_copysign((1.0 - e) / (1.0 + e), x);
  }
}

CGFLOW_CLONES void slopes(std::int64_t n, const double *h, double *slope)
{
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) slope[i] *= 1.0 - h[i] * h[i];
}

}    // namespace

void bias_tanh(std::int64_t units, std::int64_t n, const double *bias, double *h)
{
  for (std::int64_t j = 0; j < units; ++j) row(n, bias[j], h + j * n);
}

void tanh_pull_back(std::int64_t count, const double *h, double *slope) { slopes(count, h, slope); }

}    // namespace cgflow::kernels
