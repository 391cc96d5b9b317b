// SPDX-License-Identifier: GPL-2.0-only
#include "normal_product.h"

#include "runtime.h"
#include "vector_math.h"

#include <algorithm>
#include <vector>

namespace cgflow::kernels {
namespace {

constexpr int kRows = 8;    // of F at once: each number of q that is loaded serves eight
// Rows of F whose sum is made by itself, whatever the number of threads, and then added to those before it: so that all numbers of threads
// give the same bits.
constexpr std::int64_t kPart = 512;

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

std::int64_t normal_product_room(std::int64_t n, std::int64_t size, std::int64_t members)
{
  return (n + kPart - 1) / kPart * members * padded(size) + threads() * kRows * padded(size);
}

void normal_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *c,
                    const double *q, double *out)
{
  const std::int64_t width = padded(size), all = members * width, parts = (n + kPart - 1) / kPart;
  std::vector<double> sums(parts * all, 0.0);
  for_each_part("cgflow::normal_product", parts, 1, [&](std::int64_t p, std::int64_t end) {
    std::vector<double> block(kRows * width);
    for (; p < end; ++p)
      part(p * kPart, std::min(n, (p + 1) * kPart), n, width, members, features, c, q, sums.data() + p * all, block.data());
  });
  std::fill(out, out + all, 0.0);
  for (std::int64_t p = 0; p < parts; ++p)
    for (std::int64_t k = 0; k < all; ++k) out[k] += sums[p * all + k];
}

}    // namespace cgflow::kernels
