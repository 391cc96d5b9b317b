// SPDX-License-Identifier: GPL-2.0-only
#include "training/example_training.h"

#include "plane.h"

#include "cgflow/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace cgflow;
using namespace cgflow_test;
using testing::HasSubstr;

namespace {
ExampleReport by_example(Trial &u, const Tensor &x, const ExampleConfig &config)
{
  return train_by_example(u.flow, *u.map, u.seed, config, x);
}
}    // namespace

TEST(ExampleTraining, ExamplesGiveMeanAndWidthOfTheData)
{
  // t given s is normal with mean 0.8 s and width 0.4 over a broad range of s.
  Trial u(plane_config({"affine"}));
  const Tensor s = uniforms({1, 2000}, 3, -2, 2), t = 0.8 * s + normals({1, 2000}, 4, 0.4);
  ExampleConfig c;
  c.random_conditions = 0.0;
  c.batch = 50;
  c.rate = 5e-3;
  c.epochs = 40;
  const ExampleReport r = by_example(u, u.map->to_cartesian(s, t).x, c);
  EXPECT_EQ(r.frames, 1600);
  EXPECT_EQ(r.test_frames, 400);
  const double exact = 0.5 * std::log(2 * kPi * std::exp(1.0) * 0.16);
  EXPECT_NEAR(r.loss, exact, 0.06);
  EXPECT_NEAR(r.test_loss, exact, 0.1);
  for (const double at_s : {-1.5, 0.0, 1.5}) {
    const Tensor one = at_point(1, at_s);
    const double mean = u.flow.sample(at::zeros({1, 1}, at::kDouble), one).fine.item<double>();
    EXPECT_NEAR(mean, 0.8 * at_s, 0.15);
    EXPECT_NEAR(u.flow.sample(at::ones({1, 1}, at::kDouble), one).fine.item<double>() - mean, 0.4, 0.1);
  }
}

TEST(ExampleTraining, AwayFromTheExamplesTheFlowKeepsTheirMeanAndWidth)
{
  Trial u(plane_config(FlowConfig{}.layers));
  const Tensor s = uniforms({1, 100}, 3, 1.0, 1.3), t = 2.0 + normals({1, 100}, 4, 0.3);
  by_example(u, u.map->to_cartesian(s, t).x, {});
  for (const double at_s : {-2.0, -1.0, 0.0, 2.0}) {
    const Tensor x = u.flow.sample(u.flow.draw_latent(1, Stream::test, 0, 500, 0), at_point(500, at_s)).fine;
    EXPECT_NEAR(x.mean().item<double>(), 2.0, 0.25) << at_s;
    EXPECT_NEAR(x.std().item<double>(), 0.3, 0.2) << at_s;
  }
}

TEST(ExampleTraining, RefusesWhatItCannotUse)
{
  Trial u(plane_config({"affine"}));
  const auto text = [&](const Tensor &x) {
    try {
      by_example(u, x, {});
    } catch (const Error &error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(text(at::zeros({1, 1, 3}, at::kDouble)), HasSubstr("got 1 frames, expected at least two"));
  EXPECT_THAT(text(at::zeros({9, 1, 3}, at::kDouble)), HasSubstr("fine 't': it has the same value"));
}
