// SPDX-License-Identifier: GPL-2.0-only
#include "normal_product.h"

#include "runtime.h"
#include "vector_math.h"

#include <Kokkos_Core.hpp>

#include <algorithm>
#include <vector>

namespace cgflow::kernels {
namespace {

constexpr int kRows = 8;    // of F at once: each number of q that is loaded serves eight

// Adds what kRows rows give for one member to sum.
CGFLOW_INLINE void eight_rows(std::int64_t width, const double *f, const double *c, std::int64_t rows, const double *q,
                              double *sum)
{
  double a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0;
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
  double a[kRows] = {a0, a1, a2, a3, a4, a5, a6, a7};
  for (int r = 0; r < kRows; ++r) a[r] *= r < rows ? c[r] : 0.0;
  a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7];
#pragma omp simd
  for (std::int64_t k = 0; k < width; ++k)
    sum[k] += a0 * f[k] + a1 * f[k + width] + a2 * f[k + 2 * width] + a3 * f[k + 3 * width] + a4 * f[k + 4 * width] +
              a5 * f[k + 5 * width] + a6 * f[k + 6 * width] + a7 * f[k + 7 * width];
}

// Adds rows first to last of F; `block` is room for kRows rows.
CGFLOW_CLONES void part(std::int64_t first, std::int64_t last, std::int64_t n, std::int64_t width, std::int64_t members,
                        const double *features, const double *c, const double *q, double *sum, double *block)
{
  for (std::int64_t row = first; row < last; row += kRows) {
    const std::int64_t rows = last - row < kRows ? last - row : kRows;
    const double *f = features + row * width;
    if (rows < kRows) {    // the end of F: nothing is read beyond it
      for (std::int64_t k = 0; k < kRows * width; ++k) block[k] = k < rows * width ? f[k] : 0.0;
      f = block;
    }
    for (std::int64_t m = 0; m < members; ++m) eight_rows(width, f, c + m * n + row, rows, q + m * width, sum + m * width);
  }
}

}    // namespace

void normal_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *c,
                    const double *q, double *out)
{
  ensure_runtime();
  using Space = Kokkos::DefaultHostExecutionSpace;
  const std::int64_t width = padded(size), all = members * width, blocks = (n + kRows - 1) / kRows;
  const std::int64_t threads = std::min<std::int64_t>(std::max<std::int64_t>(1, blocks), Space().concurrency());
  std::vector<double> work(threads * (all + kRows * width), 0.0);
  double *const room = work.data();
  Kokkos::parallel_for("cgflow::normal_product", Kokkos::RangePolicy<Space>(0, threads), [=](std::int64_t t) {
    double *mine = room + t * (all + kRows * width);
    const std::int64_t first = t * blocks / threads * kRows, last = std::min(n, (t + 1) * blocks / threads * kRows);
    part(first, last, n, width, members, features, c, q, mine, mine + all);
  });
  Space().fence();
  // In the threads' order: the same bits in every run on as many threads.
  for (std::int64_t k = 0; k < all; ++k) {
    out[k] = 0.0;
    for (std::int64_t t = 0; t < threads; ++t) out[k] += room[t * (all + kRows * width) + k];
  }
}

}    // namespace cgflow::kernels
