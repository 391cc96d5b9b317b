// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/fourier_features.h"

#include "cgflow/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

using namespace cgflow;
using namespace cgflow::kernels;

TEST(FourierFeatures, AreCosinesAndSinesOfTheModes)
{
  for (const int d : {1, 2, 3, 5})
    for (const std::int64_t points : {0, 1, 15, 16, 33}) {
      const std::int64_t n = 7, width = 2 * n + 4;
      RandomStream random(5, Stream::test, 100 * d + points);
      std::vector<int> k, highest(d, 0);
      for (int j = 0; j < d; ++j)
        for (std::int64_t m = 0; m < n; ++m) {
          k.push_back(m == 0 ? 0 : static_cast<int>(random.below(21)) - 10);
          highest[j] = std::max(highest[j], std::abs(k.back()));
        }
      std::vector<double> angles(points * d), out(points * width, 77.0);
      for (double &a : angles) a = 7.0 * random.normal();
      fourier_features({d, n, k.data(), highest.data()}, points, angles.data(), width, out.data());
      for (std::int64_t i = 0; i < points; ++i) {
        const double *row = out.data() + i * width;
        for (std::int64_t m = 0; m < n; ++m) {
          double angle = 0.0, size = 0.0;
          for (int j = 0; j < d; ++j) {
            angle += k[j * n + m] * angles[i * d + j];
            size += std::abs(k[j * n + m] * angles[i * d + j]);
          }
          EXPECT_NEAR(row[m], std::cos(angle), 1e-15 * (4 + size)) << d << " " << i << " " << m;
          EXPECT_NEAR(row[n + m], std::sin(angle), 1e-15 * (4 + size)) << d << " " << i << " " << m;
        }
        EXPECT_EQ(row[2 * n], 1.0);
        for (std::int64_t m = 2 * n + 1; m < width; ++m) EXPECT_EQ(row[m], 0.0);
      }
    }
}

TEST(FourierFeatures, KeepNaNAtItsPoint)
{
  const int k[] = {0, 1, 2}, highest[] = {2};
  std::vector<double> angles(20, 0.5), out(20 * 7);
  angles[4] = std::nan("");
  fourier_features({1, 3, k, highest}, 20, angles.data(), 7, out.data());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(std::isnan(out[i * 7 + 1]), i == 4) << i;
}
