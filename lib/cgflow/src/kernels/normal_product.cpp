// SPDX-License-Identifier: GPL-2.0-only
#include "normal_product.h"

#include "runtime.h"
#include "vector_math.h"

#include <algorithm>
#include <vector>

namespace cgflow::kernels {
namespace {

constexpr int kRows = 8;    // rows of F at once: each number of q that is loaded serves eight
// Rows of F in one partial sum. Partial sums and the order in which they are added do not depend on the number of threads,
// so all numbers of threads give the same bits.
constexpr std::int64_t kPart = 512;

// Products of eight rows with q.
CGFLOW_INLINE void eight_products(std::int64_t width, const double *f, const double *q, double *a)
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
  a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3, a[4] = a4, a[5] = a5, a[6] = a6, a[7] = a7;
}

// Adds eight rows to sum, each times its number in a.
CGFLOW_INLINE void add_eight_rows(std::int64_t width, const double *f, const double *a, double *sum)
{
  const double a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3], a4 = a[4], a5 = a[5], a6 = a[6], a7 = a[7];
#pragma omp simd
  for (std::int64_t k = 0; k < width; ++k)
    sum[k] += a0 * f[k] + a1 * f[k + width] + a2 * f[k + 2 * width] + a3 * f[k + 3 * width] + a4 * f[k + 4 * width] +
              a5 * f[k + 5 * width] + a6 * f[k + 6 * width] + a7 * f[k + 7 * width];
}

// Which product to compute: F q, F^T c, or F^T (c * F q).
enum class Half { first, second, both };

struct Work {
  std::int64_t n, width, members;
  const double *features, *c, *q;
  double *values;    // first: [members, n]
};

// Rows first to last - 1 of F. Adds to sum [members, width]; `block` is a buffer of kRows rows.
template <Half half>
CGFLOW_INLINE void part_of(const Work &w, std::int64_t first, std::int64_t last, double *sum, double *block)
{
  for (std::int64_t row = first; row < last; row += kRows) {
    const std::int64_t rows = last - row < kRows ? last - row : kRows;
    const double *f = w.features + row * w.width;
    if (rows < kRows) {    // the end of F: a copy padded with zeros, since nothing behind F may be read
      for (std::int64_t k = 0; k < kRows * w.width; ++k) block[k] = k < rows * w.width ? f[k] : 0.0;
      f = block;
    }
    for (std::int64_t m = 0; m < w.members; ++m) {
      double a[kRows] = {1, 1, 1, 1, 1, 1, 1, 1};
      if constexpr (half != Half::second) eight_products(w.width, f, w.q + m * w.width, a);
      if constexpr (half == Half::first) {
        for (int r = 0; r < rows; ++r) w.values[m * w.n + row + r] = a[r];
      } else {
        for (int r = 0; r < kRows; ++r) a[r] *= r < rows ? w.c[m * w.n + row + r] : 0.0;
        add_eight_rows(w.width, f, a, sum + m * w.width);
      }
    }
  }
}

CGFLOW_CLONES void first_half(const Work &w, std::int64_t first, std::int64_t last, double *sum, double *block)
{
  part_of<Half::first>(w, first, last, sum, block);
}
CGFLOW_CLONES void second_half(const Work &w, std::int64_t first, std::int64_t last, double *sum, double *block)
{
  part_of<Half::second>(w, first, last, sum, block);
}
CGFLOW_CLONES void both_halves(const Work &w, std::int64_t first, std::int64_t last, double *sum, double *block)
{
  part_of<Half::both>(w, first, last, sum, block);
}

using Part = void (*)(const Work &, std::int64_t, std::int64_t, double *, double *);

// Calls `part` for all rows in parts of kPart, and sums the parts into out unless it is null.
void run(const char *name, const Work &w, Part part, double *out)
{
  const std::int64_t all = out ? w.members * w.width : 0, parts = (w.n + kPart - 1) / kPart;
  std::vector<double> sums(static_cast<std::size_t>(parts * all), 0.0);
  for_each_part(name, parts, 1, [&](std::int64_t p, std::int64_t end) {
    std::vector<double> block(static_cast<std::size_t>(kRows * w.width));
    for (; p < end; ++p) part(w, p * kPart, std::min(w.n, (p + 1) * kPart), sums.data() + p * all, block.data());
  });
  if (!out) return;
  std::fill(out, out + all, 0.0);
  for (std::int64_t p = 0; p < parts; ++p)
    for (std::int64_t k = 0; k < all; ++k) out[k] += sums[static_cast<std::size_t>(p * all + k)];
}

}    // namespace

std::int64_t normal_product_room(std::int64_t n, std::int64_t size, std::int64_t members)
{
  return (n + kPart - 1) / kPart * members * padded(size) + threads() * kRows * padded(size);
}

void normal_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *c,
                    const double *q, double *out)
{
  run("cgflow::normal_product", {n, padded(size), members, features, c, q, nullptr}, both_halves, out);
}

void feature_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *q,
                     double *out)
{
  run("cgflow::feature_product", {n, padded(size), members, features, nullptr, q, out}, first_half, nullptr);
}

void transposed_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *c,
                        double *out)
{
  run("cgflow::transposed_product", {n, padded(size), members, features, c, nullptr, nullptr}, second_half, out);
}

}    // namespace cgflow::kernels
