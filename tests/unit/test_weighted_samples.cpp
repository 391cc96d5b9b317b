// SPDX-License-Identifier: GPL-2.0-only
#include "training/weighted_samples.h"

#include "plane.h"

#include <gtest/gtest.h>

#include <limits>

using namespace cgflow;
using namespace cgflow_test;

// Eq. 12 of the paper holds for any flow that covers the target, trained or not.
TEST(DrawWeighted, MeanWeightIsThePartitionFunctionOfAnyFlow)
{
  Trial u(plane_config({"spline", "affine"}));
  u.flow.set_standardization(at::zeros({1}, at::kDouble), at::ones({1}, at::kDouble));
  Plane energy(humps), gauss(quadratic);
  for (const double s : {-1.0, 0.3, 1.5}) {
    expect_label(u, energy, s, humps_f(s));
    expect_label(u, gauss, s, quadratic_f(s));
  }
}

TEST(DrawWeighted, SamplesAreNumberedAndRejectedOnesWeighNothing)
{
  Trial u(plane_config({"affine"}));
  Plane half([](double x, double y, double &gx, double &gy) {
    return x + y > 0 ? std::numeric_limits<double>::infinity() : quadratic(x, y, gx, gy);
  });
  const Tensor s = spread_points(50);
  const auto all = draw_weighted(u.flow, *u.map, half, kT, s, 7, Stream::test, 0, 1);
  const auto part = draw_weighted(u.flow, *u.map, half, kT, s.narrow(1, 20, 10), 7, Stream::test, 20, 1);
  EXPECT_TRUE(at::equal(all.x.narrow(0, 20, 10), part.x));
  EXPECT_TRUE(at::equal(all.ln_w.narrow(0, 20, 10), part.ln_w));
  const Tensor t = all.x.select(2, 0).add(all.x.select(2, 1)).flatten();
  EXPECT_TRUE(at::equal(at::isfinite(all.ln_w), t.le(0)));
  EXPECT_TRUE(at::equal(at::isfinite(all.energy), t.le(0)));
  EXPECT_TRUE(all.ln_w.masked_select(t.gt(0)).eq(-std::numeric_limits<double>::infinity()).all().item<bool>());
  const auto none = draw_weighted(u.flow, *u.map, half, kT, s.narrow(1, 0, 0), 7, Stream::test, 0, 1);
  EXPECT_EQ(none.ln_w.numel(), 0);
}
