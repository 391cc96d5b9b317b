// SPDX-License-Identifier: GPL-2.0-only
#include "adam_step.h"

#include "runtime.h"
#include "vector_math.h"

#include <algorithm>
#include <cmath>

namespace cgflow::kernels {
namespace {

constexpr std::int64_t kBlock = 4096;

CGFLOW_CLONES void block(const AdamStep &a, double size, double root, std::int64_t n, const double *g, double *p, double *m,
                         double *v)
{
  const double keep1 = a.beta1, add1 = 1.0 - a.beta1, keep2 = a.beta2, add2 = 1.0 - a.beta2;
  const double factor = a.factor, epsilon = a.epsilon;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const double gi = factor * g[i];
    m[i] = keep1 * m[i] + add1 * gi;
    v[i] = keep2 * v[i] + add2 * gi * gi;
    p[i] -= size * m[i] / (__builtin_sqrt(v[i]) * root + epsilon);
  }
}

}    // namespace

void adam_step(const AdamStep &adam, std::int64_t n, const double *g, double *parameters, double *first, double *second)
{
  const auto steps = static_cast<double>(adam.step);
  const double size = adam.rate / (1.0 - std::pow(adam.beta1, steps));
  const double root = 1.0 / std::sqrt(1.0 - std::pow(adam.beta2, steps));
  for_each_part("cgflow::adam_step", (n + kBlock - 1) / kBlock, 8, [&](std::int64_t b, std::int64_t end) {
    for (; b < end; ++b) {
      const std::int64_t at = b * kBlock;
      block(adam, size, root, std::min(kBlock, n - at), g + at, parameters + at, first + at, second + at);
    }
  });
}

}    // namespace cgflow::kernels
