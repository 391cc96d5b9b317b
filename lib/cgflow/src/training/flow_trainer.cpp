// SPDX-License-Identifier: GPL-2.0-only
#include "training/flow_trainer.h"

#include "base/one_thread.h"
#include "base/shuffle.h"
#include "base/tensor_shape.h"
#include "flow/flow_pass.h"
#include "training/energy_batch.h"
#include "training/energy_training.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace cgflow {
namespace {

struct Frames {
  Tensor s, fine;    // [n, n_cv], [n, n_fine]
};

void check(const EnergyConfig &c, int epochs)
{
  const auto refuse = [](const std::string &key, double got, const std::string &allowed) {
    throw ConfigError("train: energy: " + key + ": got " + std::to_string(got) + ", expected " + allowed);
  };
  if (c.estimator != "path" && c.estimator != "reverse_kl")
    throw ConfigError("train: energy: estimator: got '" + c.estimator + "', expected path or reverse_kl");
  if (c.batch < 1) refuse("batch", c.batch, "at least 1");
  if (c.latent < 1) refuse("latent", c.latent, "at least 1");
  if (epochs < 1) refuse("epochs", epochs, "at least 1");
  if (!(c.rate > 0.0) || !std::isfinite(c.rate)) refuse("rate", c.rate, "a number > 0");
  if (!(c.test >= 0.0 && c.test < 1.0)) refuse("test", c.test, "a number in [0, 1)");
}

void check(const ExampleConfig &c)
{
  const auto refuse = [](const std::string &key, double got, const std::string &allowed) {
    throw ConfigError("train: example: " + key + ": got " + std::to_string(got) + ", expected " + allowed);
  };
  if (c.batch < 1) refuse("batch", c.batch, "at least 1");
  if (c.epochs < 0) refuse("epochs", c.epochs, "at least 0");
  if (!(c.rate > 0.0) || !std::isfinite(c.rate)) refuse("rate", c.rate, "a number > 0");
  if (!(c.test >= 0.0 && c.test < 1.0)) refuse("test", c.test, "a number in [0, 1)");
  if (!(c.random_conditions >= 0.0 && c.random_conditions <= 1.0))
    refuse("random_conditions", c.random_conditions, "a number in [0, 1]");
}

// Replaces `share` of the conditions by points uniform over the CG ranges, in place. Away from the data the flow then
// learns the data's own mean and width as its starting guess instead of what its networks happen to continue to.
void randomise_conditions(Tensor &s, const Tensor &rows, const CgSpace &space, double share, std::uint64_t seed,
                          std::uint64_t epoch)
{
  double *values = s.data_ptr<double>();
  const auto *row = rows.data_ptr<std::int64_t>();
  const int n_cv = space.n_cv();
  for (std::int64_t i = 0; i < s.size(0); ++i) {
    RandomStream random(seed, Stream::conditions, static_cast<std::uint64_t>(row[i]), epoch);
    if (random.uniform() >= share) continue;
    for (int k = 0; k < n_cv; ++k) values[i * n_cv + k] = space[k].lo + space[k].width() * random.uniform();
  }
}

double mean_loss(const ConditionalFlow &flow, const Frames &frames)
{
  const at::NoGradGuard no_grad;
  if (frames.s.size(0) == 0) return std::nan("");
  return -flow.log_prob(frames.fine, frames.s).mean().item<double>();
}

}    // namespace

FlowTrainer::FlowTrainer(ConditionalFlow &flow, const CoordinateMap &map, Communicator &comm, Log &log, double kT,
                         std::uint64_t seed)
    : flow_(flow), map_(map), comm_(comm), log_(log), kT_(kT), seed_(seed)
{
}

ExampleReport FlowTrainer::by_example(const Tensor &x, const ExampleConfig &config)
{
  const OneThread one_thread;
  check(config);
  Frames train, test;
  {
    const at::NoGradGuard no_grad;
    const auto internal = map_.to_internal(x);
    const auto n = x.size(0);
    if (n < 2)
      throw ModelError("training by example: got " + std::to_string(n) + " frames, expected at least two that differ");
    RandomStream random(seed_, Stream::example_batches, ~std::uint64_t{0});
    const Tensor order = at::tensor(shuffled(n, random), at::kLong);
    const auto n_test = std::min(n - 2, static_cast<std::int64_t>(std::floor(config.test * n + 1e-9)));
    const auto pick = [&](const Tensor &t, std::int64_t first, std::int64_t count) {
      return t.index_select(0, order.narrow(0, first, count)).contiguous();
    };
    test = {pick(internal.s, 0, n_test), pick(internal.fine, 0, n_test)};
    train = {pick(internal.s, n_test, n - n_test), pick(internal.fine, n_test, n - n_test)};
    flow_.standardise(train.fine);
  }
  Adam adam(flow_.all(), flow_.computed(), kBeta1, kBeta2);
  FlowPass pass(flow_);
  const Tensor gradient = at::empty_like(flow_.computed());
  const auto n = train.s.size(0);
  const double steps = static_cast<double>(config.epochs) * std::ceil(static_cast<double>(n) / config.batch);
  int step = 0;
  // Every rank computes the same steps: frames are few, and sums over ranks would cost more than they save.
  for (int epoch = 0; epoch < config.epochs; ++epoch) {
    RandomStream random(seed_, Stream::example_batches, static_cast<std::uint64_t>(epoch));
    const Tensor order = at::tensor(shuffled(n, random), at::kLong);
    for (std::int64_t first = 0; first < n; first += config.batch) {
      const Tensor rows = order.narrow(0, first, std::min<std::int64_t>(config.batch, n - first)).contiguous();
      Tensor s = train.s.index_select(0, rows);
      randomise_conditions(s, rows, map_.space(), config.random_conditions, seed_, epoch);
      pass.log_prob(train.fine.index_select(0, rows), s);
      const Tensor mean = at::full({rows.size(0)}, -1.0 / static_cast<double>(rows.size(0)), at::kDouble);
      pass.pull_back_log_prob(mean, gradient);
      // Cosine decay to a tenth: the noise of small batches is averaged out at the end.
      adam.step(gradient, config.rate * (0.55 + 0.45 * std::cos(std::numbers::pi * step++ / steps)));
      flow_.computed_is_current();
    }
  }
  const double loss = mean_loss(flow_, train);
  if (!std::isfinite(loss))
    throw ModelError("training by example: the loss is not finite after " + std::to_string(config.epochs) +
                     " epochs, expected frames without gross outliers and a smaller rate than " +
                     std::to_string(config.rate));
  return {loss, mean_loss(flow_, test), static_cast<int>(n), static_cast<int>(test.s.size(0))};
}

EnergyReport FlowTrainer::by_energy(const Tensor &points, const EnergyConfig &config, int epochs, EnergyModel &energy,
                                    std::uint64_t iteration)
{
  const OneThread one_thread;
  check(config, epochs);
  const at::AutoGradMode derivatives(true);    // whatever the caller has set
  check_shape("CG points", points, {-1, flow_.n_cv()});
  if (points.size(0) == 0) throw ConfigError("training by energy: got no CG point, expected at least one");
  EnergyTraining training(flow_, map_, comm_, kT_, seed_, config, energy, iteration);
  EnergyReport report = training.run(points, epochs);
  if (report.skipped_steps > 0)
    log_.warning("training by energy: " + std::to_string(report.skipped_steps) +
                 " steps were skipped, because their loss or gradient was not finite");
  return report;
}

std::int64_t numbers_of_energies(const CoordinateMap &map, bool derivatives)
{
  // Positions, their copy for the model, its forces, their product with 1/kT and the gradient made of it; then the gradient times a factor,
  // its product with the positions and their derivative.
  const std::int64_t structures = derivatives ? 8 : 5, fine = derivatives ? 6 : 3;
  return structures * 3 * map.n_atoms() + fine * map.n_fine();
}

std::int64_t memory_to_weigh(const ConditionalFlow &flow, const CoordinateMap &map, std::int64_t n)
{
  return FlowPass::memory(flow, {std::min(n, kRowsAtOnce)}) + 8 * n * numbers_of_energies(map, false);
}

WeightedSamples draw_weighted(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT,
                              const Tensor &s, std::uint64_t seed, Stream purpose, std::int64_t first,
                              std::uint64_t iteration)
{
  check_shape("CG points", s, {-1, flow.n_cv()});
  return weigh(flow, map, energy, kT, s, flow.draw_latent(seed, purpose, first, s.size(0), iteration));
}

WeightedSamples weigh(const ConditionalFlow &flow, const CoordinateMap &map, EnergyModel &energy, double kT, const Tensor &s,
                      const Tensor &z)
{
  const OneThread one_thread;
  const at::NoGradGuard no_grad;
  const auto sample = flow.sample(z, s);
  const auto x = map.to_cartesian(s, sample.fine);
  const EnergyBatch batch = evaluate_energies(energy, x.x, kT);
  const Tensor ln_w = at::where(batch.usable, x.log_det - sample.log_q - batch.u, -std::numeric_limits<double>::infinity());
  return {x.x, ln_w, batch.u * kT};
}

}    // namespace cgflow
