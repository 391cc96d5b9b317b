// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/normal_product.h"

#include "cgflow/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

using namespace cgflow;
using namespace cgflow::kernels;

// Numbers of both signs, so that sums cancel.
TEST(NormalProduct, AgreesWithPlainLoops)
{
  for (const std::int64_t n : {1, 7, 8, 1023, 1024, 1025, 3000})
    for (const std::int64_t size : {1, 15, 16, 40}) {
      const std::int64_t members = 3, width = padded(size);
      RandomStream random(3, Stream::test, n * 100 + size);
      std::vector<double> f(n * width, 0.0), c(members * n), q(members * width, 0.0), out(members * width, 77.0);
      for (std::int64_t i = 0; i < n; ++i)
        for (std::int64_t k = 0; k < size; ++k) f[i * width + k] = random.normal();
      for (double &v : c) v = random.uniform();
      for (std::int64_t m = 0; m < members; ++m)
        for (std::int64_t k = 0; k < size; ++k) q[m * width + k] = random.normal();
      normal_product(n, size, members, f.data(), c.data(), q.data(), out.data());
      std::vector<double> f_q(members * n), f_c(members * width, 77.0);
      feature_product(n, size, members, f.data(), q.data(), f_q.data());
      transposed_product(n, size, members, f.data(), c.data(), f_c.data());
      for (std::int64_t m = 0; m < members; ++m) {
        std::vector<double> sum(width, 0.0), scale(width, 0.0), plain(width, 0.0), plain_scale(width, 0.0);
        for (std::int64_t i = 0; i < n; ++i) {
          double dot = 0.0, size_of_dot = 0.0;
          for (std::int64_t k = 0; k < size; ++k) {
            dot += f[i * width + k] * q[m * width + k];
            size_of_dot += std::abs(f[i * width + k] * q[m * width + k]);
          }
          EXPECT_NEAR(f_q[m * n + i], dot, 1e-14 * (1.0 + size_of_dot)) << n << " " << size << " " << i;
          for (std::int64_t k = 0; k < size; ++k) {
            plain[k] += c[m * n + i] * f[i * width + k];
            plain_scale[k] += std::abs(c[m * n + i] * f[i * width + k]);
            sum[k] += dot * c[m * n + i] * f[i * width + k];
            scale[k] += std::abs(size_of_dot * c[m * n + i] * f[i * width + k]);
          }
        }
        for (std::int64_t k = 0; k < width; ++k) {
          EXPECT_NEAR(out[m * width + k], sum[k], 1e-14 * (1.0 + scale[k])) << n << " " << size << " " << k;
          EXPECT_NEAR(f_c[m * width + k], plain[k], 1e-14 * (1.0 + plain_scale[k])) << n << " " << size << " " << k;
        }
      }
    }
}
