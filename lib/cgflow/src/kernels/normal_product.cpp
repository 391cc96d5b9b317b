// SPDX-License-Identifier: GPL-2.0-only
#include "normal_product.h"

#include "runtime.h"
#include "vector_math.h"

#include <Kokkos_Core.hpp>

#include <algorithm>
#include <vector>

namespace cgflow::kernels {
namespace {

constexpr int kRows = 8;                // of F at once: with one row of q they stay in the first cache
constexpr std::int64_t kPart = 1024;    // rows whose sums are taken in float32

// Adds what kRows rows give for one member to sum.
CGFLOW_INLINE void eight_rows(std::int64_t width, const float *f, const float *c, std::int64_t rows, const float *q,
                              float *sum)
{
  float a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
#pragma omp simd reduction(+ : a0, a1, a2, a3, a4, a5, a6, a7)
  for (std::int64_t k = 0; k < width; ++k) {
    a0 += f[k] * q[k];
    a1 += f[k + width] * q[k];
    a2 += f[k + 2 * width] * q[k];
    a3 += f[k + 3 * width] * q[k];
    a4 += f[k + 4 * width] * q[k];
    a5 += f[k + 5 * width] * q[k];
    a6 += f[k + 6 * width] * q[k];
    a7 += f[k + 7 * width] * q[k];
  }
  float a[kRows] = {a0, a1, a2, a3, a4, a5, a6, a7};
  for (int r = 0; r < kRows; ++r) a[r] *= r < rows ? c[r] : 0.0f;
  a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7];
#pragma omp simd
  for (std::int64_t k = 0; k < width; ++k)
    sum[k] += a0 * f[k] + a1 * f[k + width] + a2 * f[k + 2 * width] + a3 * f[k + 3 * width] + a4 * f[k + 4 * width] +
              a5 * f[k + 5 * width] + a6 * f[k + 6 * width] + a7 * f[k + 7 * width];
}

// Rows first to last of F, at most kPart; `block` is room for kRows rows.
CGFLOW_CLONES void part(std::int64_t first, std::int64_t last, std::int64_t n, std::int64_t width, std::int64_t members,
                        const float *features, const float *c, const float *q, float *sum, float *block)
{
  for (std::int64_t row = first; row < last; row += kRows) {
    const std::int64_t rows = last - row < kRows ? last - row : kRows;
    const float *f = features + row * width;
    if (rows < kRows) {    // the end of F: nothing is read beyond it
      for (std::int64_t k = 0; k < kRows * width; ++k) block[k] = k < rows * width ? f[k] : 0.0f;
      f = block;
    }
    for (std::int64_t m = 0; m < members; ++m) eight_rows(width, f, c + m * n + row, rows, q + m * width, sum + m * width);
  }
}

}    // namespace

void normal_product(std::int64_t n, std::int64_t size, std::int64_t members, const float *features, const float *c,
                    const float *q, float *out)
{
  ensure_runtime();
  using Space = Kokkos::DefaultHostExecutionSpace;
  const std::int64_t width = padded(size), all = members * width, parts = (n + kPart - 1) / kPart;
  const std::int64_t threads = std::min<std::int64_t>(std::max<std::int64_t>(1, parts), Space().concurrency());
  // Each thread's parts in order, then the threads in order: the same bits in every run on as many threads.
  std::vector<double> sums(threads * all, 0.0);
  std::vector<float> work(threads * (all + kRows * width));
  double *const sum = sums.data();
  float *const room = work.data();
  Kokkos::parallel_for("cgflow::normal_product", Kokkos::RangePolicy<Space>(0, threads), [=](std::int64_t t) {
    float *mine = room + t * (all + kRows * width);
    for (std::int64_t p = t * parts / threads; p < (t + 1) * parts / threads; ++p) {
      for (std::int64_t k = 0; k < all; ++k) mine[k] = 0.0f;
      part(p * kPart, std::min(n, (p + 1) * kPart), n, width, members, features, c, q, mine, mine + all);
      for (std::int64_t k = 0; k < all; ++k) sum[t * all + k] += static_cast<double>(mine[k]);
    }
  });
  Space().fence();
  for (std::int64_t k = 0; k < all; ++k) {
    double total = 0.0;
    for (std::int64_t t = 0; t < threads; ++t) total += sum[t * all + k];
    out[k] = static_cast<float>(total);
  }
}

}    // namespace cgflow::kernels
