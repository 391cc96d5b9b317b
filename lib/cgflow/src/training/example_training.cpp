// SPDX-License-Identifier: GPL-2.0-only
#include "training/example_training.h"

#include "base/one_thread.h"
#include "base/shuffle.h"
#include "base/test_points.h"
#include "flow/flow_pass.h"
#include "training/flow_adam.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cgflow {
namespace {

struct Frames {
  Tensor s, fine;    // [n_cv, n], [n_fine, n]
  std::int64_t size() const { return s.size(1); }
};

// Replaces `fraction` of the conditions s [n_cv, batch] by points uniform over the CG ranges, in place. Away from the data
// the flow then starts from the mean and width of the data, not from an extrapolation by its networks.
void randomize_conditions(const Tensor &s, const Tensor &frames, const CgSpace &space, double fraction, std::uint64_t seed,
                          std::uint64_t epoch)
{
  double *values = s.data_ptr<double>();
  const auto *frame = frames.data_ptr<std::int64_t>();
  const auto n = s.size(1);
  for (std::int64_t i = 0; i < n; ++i) {
    RandomStream random(seed, Stream::conditions, static_cast<std::uint64_t>(frame[i]), epoch);
    if (random.uniform() >= fraction) continue;
    for (int k = 0; k < space.n_cv(); ++k) values[k * n + i] = space[k].lo + space[k].width() * random.uniform();
  }
}

double mean_loss(const ConditionalFlow &flow, const Frames &frames)
{
  if (frames.size() == 0) return std::nan("");
  return -flow.log_prob(frames.fine, frames.s).mean().item<double>();
}

// Training and test frames.
std::pair<Frames, Frames> split(const CoordinateMap &map, const Tensor &x, double test, std::uint64_t seed)
{
  const auto internal = map.to_internal(x);
  const auto n = x.size(0);
  RandomStream random(seed, Stream::example_batches, ~std::uint64_t{0});
  const Tensor order = at::tensor(shuffled(n, random), at::kLong);
  const auto n_test = test_points(n, test, 2);
  const auto pick = [&](std::int64_t first, std::int64_t count) {
    const Tensor frames = order.narrow(0, first, count);
    return Frames{internal.s.index_select(1, frames).contiguous(), internal.fine.index_select(1, frames).contiguous()};
  };
  return {pick(n_test, n - n_test), pick(0, n_test)};
}

}    // namespace

ExampleReport train_by_example(ConditionalFlow &flow, const CoordinateMap &map, std::uint64_t seed,
                               const ExampleConfig &config, const Tensor &x)
{
  const OneThread one_thread;
  if (x.size(0) < 2)
    throw ModelError("training by example: got " + std::to_string(x.size(0)) + " frames, expected at least two that differ");
  const auto [train, test] = split(map, x, config.test, seed);
  flow.standardize(train.fine);
  Adam adam = flow_adam(flow, 0, flow.n_parameters());
  FlowPass pass(flow);
  const Tensor gradient = at::empty_like(flow.computed());
  const auto n = train.size();
  const double steps = static_cast<double>(config.epochs) * std::ceil(static_cast<double>(n) / config.batch);
  int step = 0;
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    RandomStream random(seed, Stream::example_batches, static_cast<std::uint64_t>(epoch));
    const Tensor order = at::tensor(shuffled(n, random), at::kLong);
    for (std::int64_t first = 0; first < n; first += config.batch) {
      const Tensor frames = order.narrow(0, first, std::min<std::int64_t>(config.batch, n - first)).contiguous();
      const Tensor s = train.s.index_select(1, frames);
      randomize_conditions(s, frames, map.space(), config.random_conditions, seed, epoch);
      auto density = pass.log_prob(train.fine.index_select(1, frames), s);
      const auto batch = frames.size(0);
      density.pull_back(at::full({batch}, -1.0 / static_cast<double>(batch), at::kDouble), gradient);
      // A cosine decay to a tenth averages out the noise of small batches at the end.
      adam.step(gradient, config.rate * (0.55 + 0.45 * std::cos(std::numbers::pi * step++ / steps)));
      flow.computed_is_current();
    }
  }
  const double loss = mean_loss(flow, train);
  if (!std::isfinite(loss))
    throw ModelError("training by example: the loss is not finite after " + std::to_string(config.epochs) +
                     " epochs, expected frames without gross outliers and a smaller rate than " +
                     std::to_string(config.rate));
  return {loss, mean_loss(flow, test), static_cast<int>(n), static_cast<int>(test.size())};
}

}    // namespace cgflow
