// SPDX-License-Identifier: GPL-2.0-only
#include "flow/standardization.h"

#include "numeric.h"

#include "cgflow/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

using namespace cgflow;
using namespace cgflow_test;
using Kind = FineCoordinate::Kind;

namespace {
constexpr double kPi = std::numbers::pi;

// A bond in Angstrom, a methyl rotor with labeled hydrogens, and a bounded improper angle, both in radians.
Standardization make()
{
  Standardization s({{"bond", Kind::unbounded, 0, 0},
                     {"methyl", Kind::circular, -kPi / 3, kPi / 3},
                     {"improper", Kind::bounded, -1.0, 1.0}});
  s.set(at::tensor({1.09, 0.0, 0.3}, at::kDouble), at::tensor({0.05, 1.0, 0.4}, at::kDouble));
  return s;
}
}    // namespace

TEST(Standardization, KnownValuesOfEachKind)
{
  const Standardization s = make();
  const Tensor fine = at::tensor({1.14, kPi / 6, 0.0}, at::kDouble).view({3, 1});
  const Tensor u = s.to_unit(fine).value.squeeze(1);
  EXPECT_NEAR(u[0].item<double>(), 1.0, 1e-12);
  EXPECT_NEAR(u[1].item<double>(), kPi / 2, 1e-12);       // a third of a turn is the whole circle
  EXPECT_NEAR(u[2].item<double>(), -0.3 / 0.4, 1e-12);    // the middle of the range has the logit 0
}

TEST(Standardization, ToFineAndToUnitUndoEachOther)
{
  const Standardization s = make();
  const Tensor u = at::cat({normals({1, 1000}, 1), uniforms({1, 1000}, 2, -kPi, kPi), normals({1, 1000}, 3)}, 0);
  const auto there = s.to_fine(u);
  const auto back = s.to_unit(there.value);
  EXPECT_LT(largest(back.value - u), 1e-10);
  EXPECT_LT(largest(back.log_det + there.log_det), 1e-10);
  EXPECT_LE(largest(there.value.select(0, 1)), kPi / 3 + 1e-12);
  EXPECT_LT(largest(there.value.select(0, 2)), 1.0);
}

TEST(Standardization, AnglesAWholePeriodAwayAreTheSame)
{
  const Standardization s = make();
  const Tensor fine = at::tensor({1.1, 0.9, 0.1}, at::kDouble).view({3, 1});
  const Tensor turned = at::tensor({1.1, 0.9 - 4 * kPi / 3, 0.1}, at::kDouble).view({3, 1});
  EXPECT_LT(largest(s.to_unit(fine).value - s.to_unit(turned).value), 1e-12);
}

TEST(Standardization, LogDetAndSlopeAreDerivatives)
{
  const Standardization s = make();
  const Tensor u = at::tensor({0.4, 1.0, -1.2}, at::kDouble).view({3, 1}), zero = at::zeros({3, 1}, at::kDouble);
  const auto slope = [&](const Tensor &at) {
    return finite_difference([&](const Tensor &t) { return s.to_fine(t).value.sum().item<double>(); }, at);
  };
  EXPECT_NEAR(s.to_fine(u).log_det.item<double>(), at::log(slope(u)).sum().item<double>(), 1e-8);
  EXPECT_LT(largest(slope(zero) - s.pull_back(at::ones({3, 1}, at::kDouble))), 1e-8);
}

TEST(Standardization, MixesIndependentCoordinatesToCorrelatedOnes)
{
  std::vector<FineCoordinate> fine(3);
  for (int i = 0; i < 3; ++i) fine[i].name = "x" + std::to_string(i);
  Standardization s(fine);
  const Tensor mean = at::tensor({1.0, -2.0, 0.5}, at::kDouble), scale = at::tensor({0.5, 2.0, 1.0}, at::kDouble);
  const Tensor mixing = at::tensor({1.0, 0.0, 0.0, 0.6, 0.8, 0.0, -0.2, 0.3, 0.9}, at::kDouble).view({3, 3});
  s.set(mean, scale, mixing);
  const Tensor u = at::tensor({0.4, 1.0, -1.2}, at::kDouble).view({3, 1});
  const auto to = s.to_fine(u);
  // (0.6 * 0.4 + 0.8 * 1.0) * 2 - 2 = 0.08.
  EXPECT_NEAR(to.value[1][0].item<double>(), 0.08, 1e-12);
  EXPECT_NEAR(to.log_det.item<double>(), std::log(0.5 * 2.0 * 0.8 * 0.9), 1e-12);
  const auto back = s.to_unit(to.value);
  EXPECT_LT(largest(back.value - u), 1e-12);
  EXPECT_NEAR(back.log_det.item<double>(), -to.log_det.item<double>(), 1e-12);
  const Tensor g = at::tensor({1.0, -1.0, 2.0}, at::kDouble).view({3, 1});
  EXPECT_LT(largest(s.pull_back(g) -
                    finite_difference([&](const Tensor &t) { return (s.to_fine(t).value * g).sum().item<double>(); }, u)),
            1e-8);
  EXPECT_THROW(s.set(mean, scale, mixing.t().contiguous()), ModelError);
  EXPECT_THROW(s.set(mean, scale, at::zeros({3, 3}, at::kDouble)), ModelError);
}
