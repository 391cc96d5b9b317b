// SPDX-License-Identifier: GPL-2.0-only
#include "model/point_chains.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace cgflow;

namespace {

// F = well(s_1) + s_2^2 / 2 + ... with kT = 1. s_1 has two wells of different depth with a barrier of 30 kT between
// them. F is unknown where s_2 > 1.5.
class TwoWells : public PmfSurface {
 public:
  explicit TwoWells(bool periodic) : space_(variables(periodic)) {}
  const CgSpace &space() const override { return space_; }
  double kT() const override { return 1.0; }
  static double well(double s) { return 30 * std::pow(s * s - 1, 2) + 0.5 * s; }
  void evaluate(int n, const double *s, double *f, double *std, double *) const override
  {
    for (int i = 0; i < n; ++i, s += 4) {
      f[i] = well(s[0]) + 0.5 * (s[1] * s[1] + s[2] * s[2] + s[3] * s[3]);
      if (std) std[i] = s[1] > 1.5 ? std::numeric_limits<double>::infinity() : 0.1;
    }
  }

 private:
  static std::vector<CgVariable> variables(bool periodic)
  {
    return {{"a", -2, 2, periodic}, {"b", -3, 3, false}, {"c", -3, 3, periodic}, {"d", -3, 3, false}};
  }
  CgSpace space_;
};

// Mean and standard error of f over the points, errors from 20 blocks of frames.
std::pair<double, double> mean(const DrawnPoints &drawn, const std::function<double(const double *)> &f)
{
  const int n = static_cast<int>(drawn.ln_p.size()), blocks = 20;
  std::vector<double> block(blocks);
  double all = 0, square = 0;
  for (int i = 0; i < n / blocks * blocks; ++i) block[i / (n / blocks)] += f(&drawn.s[4 * i]) / (n / blocks);
  for (double b : block) all += b / blocks;
  for (double b : block) square += (b - all) * (b - all);
  return {all, std::sqrt(square / blocks / (blocks - 1))};
}

const std::vector<double> kAnchors{-1, 0, 0, 0, 1, 0, 0, 0, -1, 1, -1, 1, 1, -1, 1, -1, 0.9, 2, 0, 0, 0, 0, 0, 0};

}    // namespace

TEST(PointChains, CrossABarrierAndStayWhereThePmfIsKnown)
{
  for (const bool periodic : {false, true}) {
    const TwoWells pmf(periodic);
    const int n = 20000;
    const DrawnPoints drawn = draw_by_chains(pmf, kAnchors, 1.0, 0.2, n, 3, 1);
    ASSERT_EQ(drawn.s.size(), 4u * n);
    double left = 0, all = 0, cut = 0, norm = 0;
    for (double s = -2; s < 2; s += 1e-3) {
      const double p = std::exp(-TwoWells::well(s));
      all += p, left += s < 0 ? p : 0;
    }
    for (double s = -3; s < 1.5; s += 1e-3) norm += std::exp(-0.5 * s * s), cut += s * std::exp(-0.5 * s * s);
    const auto [share, error] = mean(drawn, [](const double *s) { return s[0] < 0 ? 1.0 : 0.0; });
    EXPECT_NEAR(share, left / all, 5 * error) << "periodic " << periodic;
    EXPECT_LT(error, 0.02);
    const auto [b, error_b] = mean(drawn, [](const double *s) { return s[1]; });
    EXPECT_NEAR(b, cut / norm, 5 * error_b);
    EXPECT_LT(error_b, 0.05);
    for (int i = 0; i < n; ++i) {
      ASSERT_LE(drawn.s[4 * i + 1], 1.5);
      double f;
      pmf.evaluate(1, &drawn.s[4 * i], &f, nullptr, nullptr);
      ASSERT_NEAR(drawn.ln_p[i], -f, 1e-12);
      ASSERT_TRUE(pmf.space().contains(&drawn.s[4 * i]));
    }
  }
}

TEST(PointChains, TheSeedDecides)
{
  const TwoWells pmf(false);
  const auto draw = [&](int n, std::uint64_t seed) { return draw_by_chains(pmf, kAnchors, 1.0, 0.2, n, seed, 1).s; };
  EXPECT_EQ(draw(10, 1), draw(10, 1));
  EXPECT_NE(draw(10, 1), draw(10, 2));
  const auto more = draw(100, 1);
  EXPECT_EQ(std::vector<double>(more.begin(), more.begin() + 40), draw(10, 1));
}

TEST(PointChains, WithoutAKnownAnchorThereIsNoBeginning)
{
  const TwoWells pmf(false);
  EXPECT_THROW(draw_by_chains(pmf, {0, 2, 0, 0}, 1.0, 0.2, 5, 1, 1), ModelError);
  EXPECT_THROW(draw_by_chains(pmf, {}, 1.0, 0.2, 5, 1, 1), ModelError);
}
