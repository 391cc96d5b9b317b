// SPDX-License-Identifier: GPL-2.0-only
#include "model/ensemble_surface.h"

#include "known_surface.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace cgflow;

namespace {

/// A model with a fitted ensemble over a range from 0 to 10; labels at the integers, F = s / 2 kT.
Model fitted()
{
  Model model = tests::model_of("[{name: s, linear: {x: 1}, range: [0, 10]}]", "{}", {});
  for (int i = 0; i <= 10; ++i) {
    Label label;
    label.s = {static_cast<double>(i)};
    label.ln_mean_w = -0.5 * i;
    label.relative_variance = 1e-2;
    label.n = 16;
    model.parts().labels.push_back(label);
  }
  SerialCommunicator comm;
  model.parts().ensemble->fit(model.labels(), 0, comm);
  return model;
}

}    // namespace

TEST(EnsembleSurface, IsTheEnsembleInEnergyUnits)
{
  const Model model = fitted();
  const EnsembleSurface surface(model.parts());
  EXPECT_EQ(surface.kT(), tests::kT);
  const double s[]{0.5, 4.0, 9.0};
  double f[3], std[3], gradient[3], f_kT[3], std_kT[3], gradient_kT[3];
  surface.evaluate(3, s, f, std, gradient);
  model.parts().ensemble->evaluate(3, s, f_kT, std_kT, gradient_kT);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(f[i], tests::kT * f_kT[i]);
    EXPECT_EQ(std[i], tests::kT * std_kT[i]);
    EXPECT_EQ(gradient[i], tests::kT * gradient_kT[i]);
  }
}

TEST(EnsembleSurface, IsThatOfTheNearestEdgeOutsideTheRangeWithAnInfiniteStd)
{
  const EnsembleSurface surface(fitted().parts());
  const double s[]{-3.0, 0.0, 10.0, 12.0};
  double f[4], std[4];
  surface.evaluate(4, s, f, std, nullptr);
  EXPECT_EQ(f[0], f[1]);
  EXPECT_EQ(f[3], f[2]);
  for (const int i : {0, 3}) EXPECT_TRUE(std::isinf(std[i]));
  for (const int i : {1, 2}) EXPECT_TRUE(std::isfinite(std[i]));
  double f_grid[4], std_grid[4];
  surface.evaluate_grid({{-3.0, 0.0, 10.0, 12.0}}, f_grid, std_grid);
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(f_grid[i], f[i], 1e-9);
    EXPECT_EQ(std::isinf(std_grid[i]), std::isinf(std[i]));
  }
}

TEST(EnsembleSurface, StaysAsItWasWhenTheModelLearnsOn)
{
  Model model = fitted();
  const EnsembleSurface surface(model.parts());
  const double s = 5.0;
  double before, after;
  surface.evaluate(1, &s, &before, nullptr, nullptr);
  for (Label &label : model.parts().labels) label.ln_mean_w *= 3.0;
  SerialCommunicator comm;
  model.parts().ensemble->fit(model.labels(), 1, comm);
  surface.evaluate(1, &s, &after, nullptr, nullptr);
  EXPECT_EQ(before, after);
}
