// SPDX-License-Identifier: GPL-2.0-only
#include "kernels/dense_products.h"

#include "cgflow/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace cgflow;
using namespace cgflow::kernels;

namespace {

template <class T> std::vector<T> normal(std::int64_t n, std::uint64_t seed)
{
  RandomStream random(seed, Stream::test, 0);
  std::vector<T> all(static_cast<std::size_t>(n));
  for (T &v : all) v = static_cast<T>(random.normal());
  return all;
}

/// The sum over k of a(k) b(k), in long double, with the size of what cancels in it.
struct Sum {
  long double value = 0, size = 0;
  template <class T> void add(T a, T b)
  {
    value += static_cast<long double>(a) * b;
    size += std::abs(static_cast<long double>(a) * b);
  }
};

template <class T> void expect_close(T got, const Sum &sum, double factor, double start = 0.0)
{
  const double error = std::numeric_limits<T>::epsilon() * (64.0 * factor * static_cast<double>(sum.size) + std::abs(start));
  EXPECT_NEAR(static_cast<double>(got), start + factor * static_cast<double>(sum.value), error + 1e-300);
}

template <class T> void agree(const DenseShape &s)
{
  const auto w = normal<T>(s.in * s.out, 1), bias = normal<T>(s.out, 2), x = normal<T>(s.in * s.batch, 3),
             gy = normal<T>(s.out * s.batch, 4), plus = normal<T>(s.out * s.batch, 5), times = normal<T>(s.in * s.batch, 6),
             g_plus = normal<T>(s.in * s.batch, 7);
  // One number behind the end of each, which must stay as it is.
  std::vector<T> y(s.out * s.batch + 1, 77), gx(s.in * s.batch + 1, 77), gw(s.in * s.out + 1, 77), g_bias(s.out + 1, 77);
  std::vector<T> y_plus = y, gx_times = gx;
  dense(s, w.data(), bias.data(), x.data(), nullptr, y.data());
  dense(s, w.data(), bias.data(), x.data(), plus.data(), y_plus.data());
  dense_by_input(s, w.data(), gy.data(), nullptr, nullptr, gx.data());
  dense_by_input(s, w.data(), gy.data(), times.data(), g_plus.data(), gx_times.data());
  dense_by_parameters(s, x.data(), gy.data(), gw.data(), g_bias.data());
  for (const auto &all : {y, y_plus, gx, gx_times, gw, g_bias}) EXPECT_EQ(all.back(), T(77));
  for (std::int64_t o = 0; o < s.out; ++o) {
    Sum all;
    for (std::int64_t b = 0; b < s.batch; ++b) {
      Sum sum;
      for (std::int64_t i = 0; i < s.in; ++i) sum.add(w[i * s.out + o], x[i * s.batch + b]);
      const std::int64_t at = o * s.batch + b;
      expect_close(y[at], sum, s.factor, bias[o]);
      // `plus` adds one rounding.
      EXPECT_NEAR(y_plus[at], y[at] + plus[at], std::numeric_limits<T>::epsilon() * (std::abs(y[at]) + std::abs(plus[at])));
      all.add(gy[o * s.batch + b], T(1));
    }
    expect_close(g_bias[o], all, 1.0);
  }
  for (std::int64_t i = 0; i < s.in; ++i) {
    for (std::int64_t b = 0; b < s.batch; ++b) {
      Sum sum;
      for (std::int64_t o = 0; o < s.out; ++o) sum.add(w[i * s.out + o], gy[o * s.batch + b]);
      const std::int64_t at = i * s.batch + b;
      expect_close(gx[at], sum, s.factor);
      const double product = times[at] * gx[at];
      EXPECT_NEAR(gx_times[at], product + g_plus[at],
                  2 * std::numeric_limits<T>::epsilon() * (std::abs(product) + std::abs(g_plus[at])));
    }
    for (std::int64_t o = 0; o < s.out; ++o) {
      Sum sum;
      for (std::int64_t b = 0; b < s.batch; ++b) sum.add(x[i * s.batch + b], gy[o * s.batch + b]);
      expect_close(gw[i * s.out + o], sum, s.factor);
    }
  }
}

}    // namespace

// Sizes on both sides of whole blocks, whole panels, and whole squares of the transposition.
TEST(DenseProducts, AgreeWithPlainLoops)
{
  for (const std::int64_t in : {1, 3, 12, 13, 40})
    for (const std::int64_t out : {1, 5, 16, 31, 33, 64})
      for (const std::int64_t batch : {1, 2, 8, 15, 16, 17, 32, 49, 100}) {
        SCOPED_TRACE(testing::Message() << in << " x " << out << ", batch " << batch);
        agree<float>({in, out, batch, 0.25});
        agree<double>({in, out, batch, 0.25});
      }
}

// Numbers of a sample that are not finite must not reach another sample, but must show in the sums over the batch.
TEST(DenseProducts, WhatIsNotFiniteStaysInItsSample)
{
  const DenseShape s{9, 20, 18};
  const auto w = normal<float>(s.in * s.out, 1), bias = normal<float>(s.out, 2);
  auto x = normal<float>(s.in * s.batch, 3);
  x[3 * s.batch + 5] = std::numeric_limits<float>::quiet_NaN();
  x[4 * s.batch + 7] = std::numeric_limits<float>::infinity();
  std::vector<float> y(s.out * s.batch), gw(s.in * s.out), g_bias(s.out);
  dense(s, w.data(), bias.data(), x.data(), nullptr, y.data());
  for (std::int64_t o = 0; o < s.out; ++o)
    for (std::int64_t b = 0; b < s.batch; ++b) EXPECT_EQ(std::isfinite(y[o * s.batch + b]), b != 5 && b != 7);
  dense_by_parameters(s, x.data(), y.data(), gw.data(), g_bias.data());
  for (const float v : gw) EXPECT_FALSE(std::isfinite(v));
}

// Results of a sample must not depend on the other samples of the batch: training on several ranks and resumed runs rely on
// the same bits.
TEST(DenseProducts, OutputsOfASampleDoNotDependOnItsBatch)
{
  const DenseShape s{37, 29, 100, 0.5};
  const auto w = normal<double>(s.in * s.out, 1), bias = normal<double>(s.out, 2), x = normal<double>(s.in * s.batch, 3);
  std::vector<double> whole(s.out * s.batch), one(s.out);
  dense(s, w.data(), bias.data(), x.data(), nullptr, whole.data());
  for (const std::int64_t b : {0, 15, 16, 63, 99}) {
    std::vector<double> column;
    for (std::int64_t i = 0; i < s.in; ++i) column.push_back(x[i * s.batch + b]);
    dense({s.in, s.out, 1, s.factor}, w.data(), bias.data(), column.data(), nullptr, one.data());
    for (std::int64_t o = 0; o < s.out; ++o) EXPECT_EQ(one[o], whole[o * s.batch + b]);
  }
}
