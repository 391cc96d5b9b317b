// SPDX-License-Identifier: GPL-2.0-only
// Networks of tanh layers trained by Adam, one member after the other, so that a member's data stay in the cache. A
// member is the sum of its fixed random prior function and its network (Osband et al. 2018). The paper uses such
// networks; Fourier networks are faster and better calibrated.
#include "pmf/ensemble_members.h"

#include "base/adam.h"

#include "cgflow/random.h"
#include "pmf/fourier_basis.h"
#include "pmf/mlp_network.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <numbers>

namespace cgflow {

namespace {
// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr double kPriorLength = 0.2;        // of the prior functions, in units of the ranges
constexpr double kPriorSmoothness = 2.5;    // Matern's nu
constexpr double kSmallestSpread = 2.0;     // smallest unit of the prior's amplitude, kT
constexpr double kFirstLayerScale =
    4.0;                               // of the first weights: a hidden unit changes its sign within a quarter of a range
constexpr double kFinalRate = 0.02;    // the cosine decay ends at this fraction of the rate
constexpr int kWarmup = 20;            // steps of linear warm-up
constexpr int kPatience = 200;         // a fit ends after so many epochs in which the loss did not fall
constexpr double kFall = 1e-3;         // by this fraction
constexpr int kTail = 3;               // numbers of a member besides its weights: center, scale of F, scale of the prior

class MlpMembers : public PmfMembers {
 public:
  MlpMembers(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
      : config_(config), space_(space), basis_(space), seed_(seed), network_(widths(config, space)), prior_(draw_prior())
  {
  }

  std::int64_t size() const override { return network_.size() + kTail; }
  Report fit(const LabelData &labels, const Tensor &start, std::uint64_t fit, Communicator &comm) const override;
  std::int64_t memory(std::int64_t labels, std::int64_t ranks) const override
  {
    const std::int64_t count = (config_.members + ranks - 1) / ranks;
    const std::int64_t batch = config_.batch > 0 ? std::min<std::int64_t>(config_.batch, labels) : labels;
    // The inputs; targets, weights and prior functions of each member; parameters, gradient and two moments of each member.
    const std::int64_t numbers = labels * (network_.widths()[0] + 4 * count) + 4 * count * network_.size();
    return 8 * numbers + network_.memory(batch);
  }
  Tensor evaluate(const Tensor &parameters, const Tensor &s) const override;
  Tensor mean_gradient(const Tensor &parameters, const Tensor &s) const override;

 private:
  Report fit_some(const LabelData &labels, std::int64_t first, std::int64_t count, const Tensor &start,
                  std::uint64_t fit) const;
  static std::vector<std::int64_t> widths(const PmfConfig &config, const CgSpace &space);
  Tensor inputs(const Tensor &s) const;
  Tensor draw_prior() const;
  Tensor initial(std::int64_t first, std::int64_t count) const;
  Tensor batch_order(std::int64_t n, std::uint64_t fit, int epoch) const;

  PmfConfig config_;
  CgSpace space_;
  FourierBasis basis_;
  std::uint64_t seed_;
  mutable MlpNetwork network_;    // only its workspace changes
  Tensor prior_;
};

std::vector<std::int64_t> MlpMembers::widths(const PmfConfig &config, const CgSpace &space)
{
  std::vector<std::int64_t> all{0};
  for (const CgVariable &v : space.variables()) all[0] += v.periodic ? 2 : 1;
  all.insert(all.end(), config.hidden.begin(), config.hidden.end());
  all.push_back(1);
  return all;
}

// Inputs of the networks [inputs, n] for s [n, n_cv]: cosine and sine of a periodic variable; another one scaled to [-1, 1].
Tensor MlpMembers::inputs(const Tensor &s) const
{
  const Tensor x = scale_to_ranges(space_, s);
  std::vector<Tensor> rows;
  for (int j = 0; j < space_.n_cv(); ++j) {
    if (space_[j].periodic) {
      rows.push_back(at::cos(2.0 * std::numbers::pi * x.select(1, j)));
      rows.push_back(at::sin(2.0 * std::numbers::pi * x.select(1, j)));
    } else
      rows.push_back(2.0 * x.select(1, j) - 1.0);
  }
  return at::stack(rows);
}

Tensor MlpMembers::evaluate(const Tensor &parameters, const Tensor &s) const
{
  const auto tail = [&](int i) { return parameters.select(1, network_.size() + i).unsqueeze(1); };
  const Tensor x = inputs(s), rows = parameters.contiguous();
  Tensor f = at::empty({rows.size(0), s.size(0)}, at::kDouble);
  for (std::int64_t m = 0; m < rows.size(0); ++m) f[m].copy_(network_.forward(rows[m], x));
  return f.mul_(tail(1)).add_(tail(0)).add_(tail(2) * basis_.combine(prior_.slice(0, 0, rows.size(0)), s));
}

Tensor MlpMembers::mean_gradient(const Tensor &parameters, const Tensor &s) const
{
  const Tensor x = inputs(s), rows = parameters.contiguous(), tails = rows.slice(1, network_.size());
  const std::int64_t members = rows.size(0), n = s.size(0);
  Tensor by_x = at::zeros_like(x);
  for (std::int64_t m = 0; m < members; ++m) {
    network_.forward(rows[m], x);
    by_x += network_.pull_back_inputs(rows[m], (tails[m][1] / static_cast<double>(members)).expand({n}));
  }
  Tensor gradient = basis_.gradient((tails.select(1, 2).unsqueeze(1) * prior_.slice(0, 0, members)).mean(0), s);
  for (int j = 0, row = 0; j < space_.n_cv(); ++j) {
    if (space_[j].periodic) {
      const Tensor by_angle = x[row] * by_x[row + 1] - x[row + 1] * by_x[row];
      gradient.select(1, j) += by_angle * (2.0 * std::numbers::pi / space_[j].width());
      row += 2;
    } else
      gradient.select(1, j) += by_x[row++] * (2.0 / space_[j].width());
  }
  return gradient;
}

// Weights of the members' prior functions, which have the variance 1; [members, units + 1].
Tensor MlpMembers::draw_prior() const
{
  const std::int64_t units = basis_.size();
  Tensor weights = at::zeros({config_.members, units + 1}, at::kDouble);
  for (std::int64_t i = 0; i < config_.members; ++i) {
    RandomStream stream(seed_, Stream::ensemble_init, i, 1);
    double *w = weights[i].data_ptr<double>();
    for (std::int64_t k = 0; k < units; ++k) w[k] = stream.normal();
  }
  return weights * at::cat({at::sqrt(basis_.spectrum(kPriorLength, kPriorSmoothness)), at::zeros({1}, at::kDouble)});
}

Tensor MlpMembers::initial(std::int64_t first, std::int64_t count) const
{
  Tensor out = at::zeros({count, size()}, at::kDouble);
  for (std::int64_t i = 0; i < count; ++i) {
    RandomStream stream(seed_, Stream::ensemble_init, first + i, 0);
    double *p = out[i].data_ptr<double>();
    const std::vector<std::int64_t> &width = network_.widths();
    for (std::size_t l = 0; l + 1 < width.size(); ++l) {
      const double scale = (l == 0 ? kFirstLayerScale : 1.0) / std::sqrt(static_cast<double>(width[l]));
      for (std::int64_t k = 0; k < width[l] * width[l + 1]; ++k) *p++ = scale * stream.normal();
      // The biases of the first layer distribute the units over the range.
      for (std::int64_t k = 0; k < width[l + 1]; ++k) *p++ = l == 0 ? kFirstLayerScale * (2 * stream.uniform() - 1) : 0.0;
    }
  }
  return out;
}

Tensor MlpMembers::batch_order(std::int64_t n, std::uint64_t fit, int epoch) const
{
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  RandomStream stream(seed_, Stream::ensemble_batches, epoch, fit);
  for (std::int64_t i = n - 1; i > 0; --i) std::swap(order[i], order[stream.below(i + 1)]);
  return at::tensor(order, at::kLong);
}

// Each rank trains a share of the members.
PmfMembers::Report MlpMembers::fit(const LabelData &labels, const Tensor &start, std::uint64_t fit, Communicator &comm) const
{
  const auto [first, count] = comm.share(config_.members);
  const Report mine = fit_some(labels, first, count, start.defined() ? start.narrow(0, first, count) : start, fit);
  double epochs = mine.epochs, loss = mine.loss;
  comm.max(&epochs, 1);
  comm.sum(&loss, 1);
  const Tensor rows = mine.parameters.contiguous();
  std::vector<double> all = comm.gather({rows.data_ptr<double>(), rows.data_ptr<double>() + rows.numel()});
  return {at::tensor(all, at::kDouble).view({config_.members, size()}), static_cast<int>(epochs), loss};
}

PmfMembers::Report MlpMembers::fit_some(const LabelData &labels, std::int64_t first, std::int64_t count, const Tensor &start,
                                        std::uint64_t fit) const
{
  const bool gamma = config_.loss == "gamma";
  const std::int64_t n = labels.f.size(0);
  Report report{start.defined() && config_.warm_start ? start.clone() : initial(first, count), 0, 0.0};
  if (count == 0) return report;
  const Tensor multiplicity = bootstrap_weights(config_, seed_, first, count, 0, n);
  const double center = labels.f.mean().item<double>();
  const double spread = std::max(n > 1 ? at::std(labels.f, 0, true).item<double>() : 1.0, 1e-3);
  const Tensor tail = at::tensor({center, spread, config_.prior * std::max(spread, kSmallestSpread)}, at::kDouble);
  report.parameters.slice(1, network_.size()).copy_(tail.expand({count, kTail}));
  const Tensor x = inputs(labels.s);
  // Targets of the networks times the spread: the labels minus constant and prior function of each member.
  const Tensor target =
      (gamma ? -labels.ln_w : labels.f) - center - tail[2] * basis_.combine(prior_.slice(0, first, first + count), labels.s);
  const Tensor weight = gamma ? multiplicity * (labels.variance.mean() / labels.variance) : multiplicity / (spread * spread);

  const Tensor parameters = report.parameters.slice(1, 0, network_.size()).contiguous(),
               gradient = at::empty_like(parameters);
  Adam adam(parameters, parameters);
  const std::int64_t batch = config_.batch > 0 ? std::min<std::int64_t>(config_.batch, n) : n;
  const std::int64_t steps = (n + batch - 1) / batch, all = steps * config_.epochs,
                     warmup = std::min<std::int64_t>(kWarmup, all);
  double best = INFINITY;
  int since = 0;
  for (int epoch = 0; epoch < config_.epochs && since < kPatience; ++epoch) {
    const Tensor order = batch < n ? batch_order(n, fit, epoch) : Tensor();
    double loss_sum = 0.0;
    for (std::int64_t k = 0; k < steps; ++k) {
      const std::int64_t step = epoch * steps + k;
      const auto part = [&](const Tensor &t) {
        return order.defined() ? t.index_select(1, order.slice(0, k * batch, std::min(n, (k + 1) * batch))) : t;
      };
      const Tensor x_part = part(x), target_part = part(target), weight_part = part(weight);
      const double share = 1.0 / static_cast<double>(x_part.size(1));
      for (std::int64_t m = 0; m < count; ++m) {
        const Tensor r = spread * network_.forward(parameters[m], x_part) - target_part[m];
        const Tensor slope = weight_part[m] * (gamma ? gamma_slope(r) : 2.0 * r) * (spread * share);
        network_.pull_back(parameters[m], x_part, slope, gradient[m]);
        loss_sum += at::dot(weight_part[m], gamma ? gamma_deviance(r) : at::square(r)).item<double>() * share / steps;
      }
      const double decay = kFinalRate + (1 - kFinalRate) * 0.5 * (1 + std::cos(std::numbers::pi * step / all));
      adam.step(gradient, config_.rate * decay * std::min(1.0, (step + 1.0) / warmup));
    }
    report.epochs = epoch + 1;
    report.loss = loss_sum;
    since = loss_sum < (1 - kFall) * best ? 0 : since + 1;
    best = std::min(best, loss_sum);
  }
  report.parameters.slice(1, 0, network_.size()).copy_(parameters);
  return report;
}
}    // namespace

std::unique_ptr<PmfMembers> make_mlp_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
{
  return std::make_unique<MlpMembers>(config, space, seed);
}

}    // namespace cgflow
