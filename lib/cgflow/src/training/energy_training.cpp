// SPDX-License-Identifier: GPL-2.0-only
#include "training/energy_training.h"

#include "base/element_type.h"
#include "base/one_thread.h"
#include "base/shuffle.h"
#include "base/tensor_shape.h"
#include "base/test_points.h"
#include "base/weights.h"
#include "kernels/adam_step.h"
#include "training/flow_adam.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kMaxSkipped = 50;

// The first latent number of the test points, far above those of training.
constexpr std::int64_t kTestLatent = std::int64_t{1} << 40;

// Calls body(the numbers of t in their own type, their number).
template <class Body> void with_numbers(const Tensor &t, const Body &body)
{
  with_type(t.scalar_type(), [&](auto type) { body(t.data_ptr<decltype(type)>(), static_cast<std::size_t>(t.numel())); });
}

}    // namespace

EnergyTraining::EnergyTraining(ConditionalFlow &flow, const CoordinateMap &map, Communicator &comm, double kT,
                               std::uint64_t seed, const EnergyConfig &config, EnergyGuard &energy, std::uint64_t iteration)
    : flow_(flow), map_(map), comm_(comm), kT_(kT), seed_(seed), config_(config), energy_(energy), iteration_(iteration),
      pass_(flow), gradient_(at::empty_like(flow.computed())), mine_(comm.share(gradient_.numel()).first),
      count_(comm.share(gradient_.numel()).second), adam_(flow_adam(flow, mine_, count_))
{
}

std::int64_t EnergyTraining::memory(const ConditionalFlow &flow, const CoordinateMap &map, const Communicator &comm,
                                    const EnergyConfig &config, std::int64_t points)
{
  const std::int64_t samples = points * config.latent, batch = std::min<std::int64_t>(config.batch, samples);
  const auto mine = [&](std::int64_t n) { return (n + comm.size() - 1) / comm.size(); };
  const std::int64_t parameters = flow.n_parameters();
  // Latent numbers and the order of an epoch; the gradient, and two moments of a share of the parameters.
  const std::int64_t numbers = samples * (map.n_fine() + 1) + mine(batch) * numbers_of_energies(map, true);
  return FlowPass::memory(flow, {mine(batch), mine(samples % batch)}) + 8 * numbers +
         flow.number_size() * (parameters + 2 * mine(parameters));
}

EnergyReport EnergyTraining::run(const Tensor &points, int epochs)
{
  const OneThread one_thread;
  check_shape("CG points", points, {flow_.n_cv(), -1});
  if (points.size(1) == 0) throw ConfigError("training by energy: got no CG point, expected at least one");
  if (epochs < 1) throw ConfigError("training by energy: got " + std::to_string(epochs) + " epochs, expected at least 1");
  report_.latent = config_.latent;
  report_.test_loss = report_.ess_fraction = std::nan("");
  split(points);
  const std::int64_t samples = points_.size(1) * config_.latent;
  steps_ = epochs * ((samples + config_.batch - 1) / config_.batch);
  for (int k = 0; k < epochs; ++k) epoch(k, k + 1 == epochs);
  spread_exact();
  const auto quarter = std::max<std::size_t>(1, losses_.size() / 4);
  double sum = 0.0;
  for (std::size_t i = losses_.size() - std::min(quarter, losses_.size()); i < losses_.size(); ++i) sum += losses_[i];
  report_.loss = losses_.empty() ? std::nan("") : sum / static_cast<double>(quarter);
  collect();
  if (test_points_.size(1) > 0) test();
  energy_.rethrow();
  return report_;
}

void EnergyTraining::split(const Tensor &points)
{
  const auto n = points.size(1), n_test = test_points(n, config_.test);
  // Only the choice of test points is random: training points stay in the caller's order.
  RandomStream random(seed_, Stream::energy_batches, ~std::uint64_t{0}, iteration_);
  std::vector<std::int64_t> order = shuffled(n, random);
  std::sort(order.begin(), order.begin() + n_test);
  std::sort(order.begin() + n_test, order.end());
  const Tensor index = at::tensor(order, at::kLong);
  test_points_ = points.index_select(1, index.narrow(0, 0, n_test));
  points_ = points.index_select(1, index.narrow(0, n_test, n - n_test));
}

void EnergyTraining::epoch(int number, bool last)
{
  const std::int64_t samples = points_.size(1) * config_.latent;
  RandomStream random(seed_, Stream::energy_batches, static_cast<std::uint64_t>(number), iteration_);
  const Tensor order = at::tensor(shuffled(samples, random), at::kLong);
  const Tensor latent = flow_.draw_latent(seed_, Stream::latent, number * samples, samples, iteration_);
  for (std::int64_t first = 0; first < samples; first += config_.batch) {
    const auto size = std::min<std::int64_t>(config_.batch, samples - first);
    const auto [offset, count] = comm_.share(size);
    step(order.narrow(0, first + offset, count), latent, last);
  }
}

EnergyTraining::Drawn EnergyTraining::draw(const Tensor &z, const Tensor &s)
{
  auto sample = pass_.sample(z, s);
  auto x = map_.to_cartesian(s, sample.fine());
  auto energy = evaluate_energies(energy_, x.x, kT_);
  return {s, std::move(sample), std::move(x), std::move(energy)};
}

void EnergyTraining::step(const Tensor &samples, const Tensor &latent, bool last)
{
  Drawn drawn = draw(latent.index_select(1, samples), points_.index_select(1, samples.div(config_.latent, "floor")));
  const double lowest = lowest_energy(drawn);
  if (last) {
    const Tensor ln_w = at::where(drawn.energy.usable, drawn.x.log_det - drawn.sample.log_q() - drawn.energy.u, -kInfinity);
    for (std::int64_t i = 0; i < samples.size(0); ++i) {
      last_samples_.push_back(static_cast<double>(samples.data_ptr<std::int64_t>()[i]));
      last_samples_.push_back(ln_w.data_ptr<double>()[i]);
    }
  }
  apply(gradients(drawn, lowest), drawn);
  ++step_;
}

// Over the batches of all ranks. The same message says whether the energies of a rank have failed: then all ranks stop here.
double EnergyTraining::lowest_energy(const Drawn &drawn)
{
  double extremes[2] = {-kInfinity, energy_.failed() ? 1.0 : 0.0};
  if (drawn.energy.u.numel() > 0) extremes[0] = -drawn.energy.u.min().item<double>();
  comm_.max(extremes, 2);
  if (extremes[1] > 0.0) energy_.rethrow();
  return -extremes[0];
}

// [n], true for the samples that enter the gradient: usable ones without the `drop` highest losses of the whole batch.
Tensor EnergyTraining::kept_samples(const Drawn &drawn, const Tensor &loss)
{
  if (config_.drop <= 0) return drawn.energy.usable;
  const Tensor mine = at::where(drawn.energy.usable, loss, -kInfinity).contiguous();
  std::vector<double> all = comm_.gather({mine.data_ptr<double>(), mine.data_ptr<double>() + mine.numel()});
  std::vector<double> sorted;
  std::copy_if(all.begin(), all.end(), std::back_inserter(sorted), [](double v) { return v > -kInfinity; });
  std::sort(sorted.begin(), sorted.end());
  const auto kept = static_cast<std::int64_t>(sorted.size()) - config_.drop;
  if (kept <= 0) return at::zeros_like(drawn.energy.usable);
  return drawn.energy.usable.logical_and(loss.le(sorted[kept - 1]));
}

// d(U/kT - ln|dx/dfine| [+ ln q]) / dfine of each sample, [n_fine, n].
Tensor EnergyTraining::sample_gradient(Drawn &drawn, const Tensor &factor)
{
  const auto back = map_.pull_back(drawn.s, drawn.sample.fine(), drawn.energy.gradient * factor.view({-1, 1, 1}),
                                   at::ones_like(drawn.x.log_det));
  Tensor g = back.by_x.fine;
  const bool path = config_.estimator == "path";
  if (path && config_.sample_clip > 0.0) {
    const Tensor size = flow_.standardized_gradient(g).norm(2, {0}, true);
    g = g * (config_.sample_clip / size.clamp_min(config_.sample_clip));
  }
  g = g - back.by_log_det.fine;
  return path ? g + drawn.sample.score() : g;
}

EnergyTraining::Part EnergyTraining::gradients(Drawn &drawn, double lowest)
{
  Part part;
  const Tensor &log_q = drawn.sample.log_q();
  const auto n = log_q.size(0);
  part.evaluated = static_cast<double>(n);
  const CompressedEnergy compressed = compress_energies(drawn.energy.u, lowest, config_.cap);
  const Tensor loss = compressed.u - drawn.x.log_det + log_q;
  const Tensor kept = kept_samples(drawn, loss);
  part.used = kept.sum().item<double>();
  part.rejected = static_cast<double>(n) - drawn.energy.usable.sum().item<double>();
  if (part.used == 0.0) {
    gradient_.zero_();
    return part;
  }
  part.loss = at::where(kept, loss, 0.0).sum().item<double>();
  const Tensor g = at::where(kept, sample_gradient(drawn, compressed.factor), 0.0);
  const Tensor by_log_q = config_.estimator == "path" ? at::zeros_like(log_q) : kept.to(at::kDouble);
  drawn.sample.pull_back(g, by_log_q, gradient_);
  return part;
}

double EnergyTraining::rate() const
{
  const double warm = config_.warmup > 0 ? std::min(1.0, (step_ + 1.0) / config_.warmup) : 1.0;
  const double half_cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * static_cast<double>(step_) / steps_));
  return config_.rate * warm * (config_.final_rate + (1.0 - config_.final_rate) * half_cosine);
}

// Each rank sums its share of the gradient over all ranks, moves the parameters of that share and sends them to the others
// in the networks' precision. That takes as many messages as a sum for all ranks, and divides the optimizer's work and
// memory.
void EnergyTraining::apply(Part part, const Drawn &drawn)
{
  double squares = 0.0;
  with_numbers(gradient_, [&](auto *g, std::size_t n) {
    comm_.sum_share(g, n);
    squares = kernels::sum_of_squares(count_, g + mine_);
  });
  double sums[] = {part.loss, part.used, part.evaluated, part.rejected, squares};
  comm_.sum(sums, 5);
  const double loss = sums[0], used = sums[1];
  report_.evaluations += std::llround(sums[2]);
  report_.rejected += std::llround(sums[3]);
  const double norm = std::sqrt(sums[4]) / std::max(1.0, used);
  if (used == 0.0 || !std::isfinite(loss) || !std::isfinite(norm)) return skip(drawn);
  skipped_in_a_row_ = 0;
  losses_.push_back(loss / used);
  const double clip = config_.clip > 0.0 && norm > config_.clip ? config_.clip / norm : 1.0;
  adam_.step(gradient(), rate(), clip / used);
  with_numbers(flow_.computed(), [&](auto *p, std::size_t n) { comm_.spread_share(p, n); });
  flow_.computed_is_current();
}

// After the steps a rank knows the exact parameters of its own share only, and the others rounded to the networks'
// precision.
void EnergyTraining::spread_exact()
{
  if (flow_.computed().is_same(flow_.all())) return;
  with_numbers(flow_.all(), [&](auto *p, std::size_t n) { comm_.spread_share(p, n); });
}

void EnergyTraining::skip(const Drawn &drawn)
{
  ++report_.skipped_steps;
  if (++skipped_in_a_row_ < kMaxSkipped) return;
  std::vector<double> mine;
  if (const auto n = drawn.s.size(1); n > 0) {
    for (std::int64_t i = 0; i < drawn.s.size(0); ++i) mine.push_back(drawn.s[i][n - 1].item<double>());
    mine.push_back(drawn.energy.u[n - 1].item<double>());
  }
  const std::vector<double> all = comm_.gather(mine);
  std::string text;
  const std::size_t begin = all.size() - (points_.size(0) + 1);
  for (std::size_t i = begin; i + 1 < all.size(); ++i) text += (i > begin ? ", " : "") + std::to_string(all[i]);
  throw EnergyError("training by energy: " + std::to_string(kMaxSkipped) +
                    " steps in a row could not be used, because the energies, the loss or its gradient were not finite; "
                    "the last sample was drawn at s = (" +
                    text + ") and has the energy " + std::to_string(all.back()) +
                    " kT, expected finite energies and forces");
}

// The loss of new samples of the trained flow at points that no step has used.
void EnergyTraining::test()
{
  const auto [first, count] = comm_.share(test_points_.size(1));
  const Tensor s = test_points_.narrow(1, first, count);
  double sums[3] = {0.0, 0.0, 0.0};
  if (count > 0) {
    const Tensor z = flow_.draw_latent(seed_, Stream::latent, kTestLatent + first, count, iteration_);
    const auto sample = flow_.sample(z, s);
    const auto x = map_.to_cartesian(s, sample.fine);
    const EnergyBatch energy = evaluate_energies(energy_, x.x, kT_);
    const Tensor loss = at::where(energy.usable, energy.u - x.log_det + sample.log_q, 0.0);
    sums[0] = loss.sum().item<double>();
    sums[1] = energy.usable.sum().item<double>();
    sums[2] = static_cast<double>(count);
  }
  comm_.sum(sums, 3);
  report_.test_loss = sums[0] / sums[1];
  report_.test_evaluations = std::llround(sums[2]);
}

// Brings the last epoch's samples of all ranks into the order of their numbers.
void EnergyTraining::collect()
{
  const std::vector<double> all = comm_.gather(last_samples_);
  const std::int64_t n = points_.size(1) * config_.latent;
  report_.ln_w.assign(n, -kInfinity);
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) report_.ln_w[static_cast<std::size_t>(all[i])] = all[i + 1];
  const Tensor s = points_.repeat_interleave(config_.latent, 1).t().contiguous();
  report_.s.assign(s.data_ptr<double>(), s.data_ptr<double>() + s.numel());
  if (config_.latent < 2) return;
  std::vector<double> fractions;
  for (std::int64_t i = 0; i < n; i += config_.latent)
    fractions.push_back(ess_fraction({report_.ln_w.data() + i, static_cast<std::size_t>(config_.latent)}));
  report_.ess_fraction = median(fractions);
}

}    // namespace cgflow
