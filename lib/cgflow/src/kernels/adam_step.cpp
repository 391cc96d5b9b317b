// SPDX-License-Identifier: GPL-2.0-only
#include "adam_step.h"

#include "runtime.h"
#include "vector_math.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace cgflow::kernels {
namespace {

constexpr std::int64_t kBlock = 4096;

// The factors of one step in the type of its moments.
template <class T> struct Factors {
  explicit Factors(const AdamStep &a)
      : keep1(static_cast<T>(a.beta1)), add1(static_cast<T>(1.0 - a.beta1)), keep2(static_cast<T>(a.beta2)),
        add2(static_cast<T>(1.0 - a.beta2)), factor(static_cast<T>(a.factor)), epsilon(static_cast<T>(a.epsilon))
  {
    const auto steps = static_cast<double>(a.step);
    size = static_cast<T>(a.rate / (1.0 - std::pow(a.beta1, steps)));
    root = static_cast<T>(1.0 / std::sqrt(1.0 - std::pow(a.beta2, steps)));
  }
  T keep1, add1, keep2, add2, factor, epsilon, size, root;
};

CGFLOW_CLONES void block(const Factors<double> &a, std::int64_t n, const double *g, double *p, double *m, double *v)
{
  const Factors<double> f = a;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const double gi = f.factor * g[i];
    m[i] = f.keep1 * m[i] + f.add1 * gi;
    v[i] = f.keep2 * v[i] + f.add2 * gi * gi;
    p[i] -= f.size * m[i] / (__builtin_sqrt(v[i]) * f.root + f.epsilon);
  }
}

// Moments below this size do not matter beside epsilon. Without it, denormal numbers (below 1e-38) would take the processor
// a hundred times as long.
constexpr float kTiny = 1e-30F;

CGFLOW_CLONES void block(const Factors<float> &a, std::int64_t n, const float *g, double *p, float *rounded, float *m,
                         float *v)
{
  const Factors<float> f = a;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float gi = f.factor * g[i];
    const float mi = f.keep1 * m[i] + f.add1 * gi;
    m[i] = __builtin_fabsf(mi) < kTiny ? 0.0F : mi;
    v[i] = f.keep2 * v[i] + (f.add2 * gi * gi + kTiny);
    p[i] -= static_cast<double>(f.size * m[i] / (__builtin_sqrtf(v[i]) * f.root + f.epsilon));
    rounded[i] = static_cast<float>(p[i]);
  }
}

CGFLOW_CLONES double squares(std::int64_t n, const double *g)
{
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += g[i] * g[i];
  return sum;
}

CGFLOW_CLONES double squares(std::int64_t n, const float *g)
{
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(g[i]) * static_cast<double>(g[i]);
  return sum;
}

// Calls body(first, count) for all blocks of n.
template <class Body> void for_each_block(const char *name, std::int64_t n, const Body &body)
{
  for_each_part(name, (n + kBlock - 1) / kBlock, 8, [&](std::int64_t b, std::int64_t end) {
    for (; b < end; ++b) body(b * kBlock, std::min(kBlock, n - b * kBlock));
  });
}

template <class T> double sum_of_blocks(std::int64_t n, const T *g)
{
  std::vector<double> sums(static_cast<std::size_t>((n + kBlock - 1) / kBlock));
  for_each_block("cgflow::sum_of_squares", n, [&](std::int64_t at, std::int64_t count) {
    sums[static_cast<std::size_t>(at / kBlock)] = squares(count, g + at);
  });
  double sum = 0.0;
  for (const double s : sums) sum += s;
  return sum;
}

}    // namespace

void adam_step(const AdamStep &adam, std::int64_t n, const double *g, double *parameters, double *first, double *second)
{
  const Factors<double> f(adam);
  for_each_block("cgflow::adam_step", n, [&](std::int64_t at, std::int64_t count) {
    block(f, count, g + at, parameters + at, first + at, second + at);
  });
}

void adam_step(const AdamStep &adam, std::int64_t n, const float *g, double *parameters, float *rounded, float *first,
               float *second)
{
  const Factors<float> f(adam);
  for_each_block("cgflow::adam_step", n, [&](std::int64_t at, std::int64_t count) {
    block(f, count, g + at, parameters + at, rounded + at, first + at, second + at);
  });
}

double sum_of_squares(std::int64_t n, const double *g) { return sum_of_blocks(n, g); }
double sum_of_squares(std::int64_t n, const float *g) { return sum_of_blocks(n, g); }

}    // namespace cgflow::kernels
