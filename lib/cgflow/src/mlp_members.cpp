// SPDX-License-Identifier: GPL-2.0-only
// Networks of tanh layers trained by Adam, all members at once by batched products. A member is its fixed random prior
// function plus its network (Osband et al. 2018). The paper's choice; the Fourier networks are faster and better
// calibrated.
#include "ensemble_members.h"

#include "adam.h"

#include "cgflow/random.h"
#include "fourier_basis.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <numbers>

namespace cgflow {

namespace {
constexpr double kPriorLength = 0.2;    // of the ranges
constexpr double kPriorSmoothness = 2.5;
constexpr double kFirstLayerScale = 4.0;    // hidden units turn over within a quarter of a range
constexpr double kFinalRate = 0.02;         // cosine decay ends at this share of the rate
constexpr int kPatience = 200;              // epochs without a fall of the loss by kFall after which a fit ends
constexpr double kFall = 1e-3;
constexpr int kTail = 3;    // numbers beside the weights: centre, scale of F, scale of the prior

class MlpMembers : public PmfMembers {
 public:
  MlpMembers(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
      : config_(config), space_(space), basis_(space), seed_(seed)
  {
    int inputs = 0;
    for (const CgVariable &v : space.variables()) inputs += v.periodic ? 2 : 1;
    widths_.push_back(inputs);
    widths_.insert(widths_.end(), config.hidden.begin(), config.hidden.end());
    widths_.push_back(1);
    prior_ = draw_prior();
    for (std::size_t l = 0; l + 1 < widths_.size(); ++l) weights_ += widths_[l + 1] * (widths_[l] + 1);
  }

  std::int64_t size() const override { return weights_ + kTail; }
  Report fit(const LabelData &labels, const Tensor &multiplicity, std::int64_t first, const Tensor &start, std::uint64_t fit,
             Communicator &comm) const override;
  Tensor evaluate(const Tensor &parameters, const Tensor &s) const override
  {
    const auto tail = [&](int i) { return parameters.select(1, weights_ + i).unsqueeze(1); };
    return tail(0) + tail(1) * network(parameters, inputs(s)) + tail(2) * prior(0, parameters.size(0), s);
  }
  Tensor mean_gradient(const Tensor &parameters, const Tensor &s) const override
  {
    const at::AutoGradMode on(true);
    const Tensor x = s.detach().clone().requires_grad_(true);
    return torch::autograd::grad({evaluate(parameters, x).mean(0).sum()}, {x})[0];
  }

 private:
  Tensor inputs(const Tensor &s) const;
  Tensor network(const Tensor &parameters, const Tensor &x) const;
  Tensor draw_prior() const;
  Tensor prior(std::int64_t first, std::int64_t count, const Tensor &s) const
  {
    return at::matmul(prior_.slice(0, first, first + count), basis_.features(s).t());
  }
  Tensor initial(std::int64_t first, std::int64_t count) const;
  Tensor batch_order(std::int64_t n, std::uint64_t fit, int epoch) const;

  PmfConfig config_;
  CgSpace space_;
  FourierBasis basis_;
  std::uint64_t seed_;
  std::vector<std::int64_t> widths_;
  std::int64_t weights_ = 0;
  Tensor prior_;
};

Tensor MlpMembers::inputs(const Tensor &s) const
{
  const Tensor x = scale_to_ranges(space_, s);
  std::vector<Tensor> columns;
  for (int j = 0; j < space_.n_cv(); ++j) {
    if (space_[j].periodic) {
      columns.push_back(at::cos(2.0 * std::numbers::pi * x.select(1, j)));
      columns.push_back(at::sin(2.0 * std::numbers::pi * x.select(1, j)));
    } else
      columns.push_back(2.0 * x.select(1, j) - 1.0);
  }
  return at::stack(columns, 1);
}

// parameters [members, >= weights_], x [n, inputs] -> [members, n]
Tensor MlpMembers::network(const Tensor &parameters, const Tensor &x) const
{
  const std::int64_t members = parameters.size(0);
  Tensor h = x.unsqueeze(0).expand({members, x.size(0), x.size(1)});
  std::int64_t offset = 0;
  for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
    const std::int64_t in = widths_[l], out = widths_[l + 1];
    const Tensor w = parameters.slice(1, offset, offset + in * out).reshape({members, in, out});
    const Tensor b = parameters.slice(1, offset + in * out, offset + in * out + out).unsqueeze(1);
    h = at::baddbmm(b, h, w);
    if (l + 2 < widths_.size()) h = at::tanh(h);
    offset += (in + 1) * out;
  }
  return h.squeeze(2);
}

// Weights of the members' prior functions, of variance 1. [members, units + 1]
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
    for (std::size_t l = 0; l + 1 < widths_.size(); ++l) {
      const double scale = (l == 0 ? kFirstLayerScale : 1.0) / std::sqrt(static_cast<double>(widths_[l]));
      for (std::int64_t k = 0; k < widths_[l] * widths_[l + 1]; ++k) *p++ = scale * stream.normal();
      // Biases of the first layer spread the units over the range.
      for (std::int64_t k = 0; k < widths_[l + 1]; ++k) *p++ = l == 0 ? kFirstLayerScale * (2 * stream.uniform() - 1) : 0.0;
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

PmfMembers::Report MlpMembers::fit(const LabelData &labels, const Tensor &multiplicity, std::int64_t first,
                                   const Tensor &start, std::uint64_t fit, Communicator &) const
{
  const bool gamma = config_.loss == "gamma";
  const std::int64_t count = multiplicity.size(0), n = labels.f.size(0);
  Report report{start.defined() && config_.warm_start ? start.clone() : initial(first, count), 0, 0.0};
  if (count == 0) return report;
  const double centre = labels.f.mean().item<double>();
  const double spread = std::max(n > 1 ? at::std(labels.f, 0, true).item<double>() : 1.0, 1e-3);
  const Tensor tail = at::tensor({centre, spread, config_.prior * std::max(spread, 2.0)}, at::kDouble);
  report.parameters.slice(1, weights_).copy_(tail.expand({count, kTail}));
  const Tensor x = inputs(labels.s), offset = centre + tail[2] * prior(first, count, labels.s);
  const Tensor target = gamma ? -labels.ln_w : labels.f;
  const Tensor weight = gamma ? multiplicity * (labels.variance.mean() / labels.variance) : multiplicity / (spread * spread);

  const at::AutoGradMode on(true);
  const Tensor leaf = report.parameters.slice(1, 0, weights_).clone().requires_grad_(true);
  Adam adam(leaf);
  const std::int64_t batch = config_.batch > 0 ? std::min<std::int64_t>(config_.batch, n) : n;
  const std::int64_t steps = (n + batch - 1) / batch, all = steps * config_.epochs, warmup = std::min<std::int64_t>(20, all);
  double best = INFINITY;
  int since = 0;
  for (int epoch = 0; epoch < config_.epochs && since < kPatience; ++epoch) {
    const Tensor order = batch < n ? batch_order(n, fit, epoch) : Tensor();
    double loss_sum = 0.0;
    for (std::int64_t k = 0; k < steps; ++k) {
      const std::int64_t step = epoch * steps + k;
      const auto part = [&](const Tensor &t, std::int64_t dim) {
        return order.defined() ? t.index_select(dim, order.slice(0, k * batch, std::min(n, (k + 1) * batch))) : t;
      };
      const Tensor r = part(offset, 1) + spread * network(leaf, part(x, 0)) - part(target, 0);
      const Tensor loss = at::mean(part(weight, 1) * (gamma ? gamma_deviance(r) : at::square(r)), 1).sum();
      const double decay = kFinalRate + (1 - kFinalRate) * 0.5 * (1 + std::cos(std::numbers::pi * step / all));
      adam.step(torch::autograd::grad({loss}, {leaf})[0], config_.rate * decay * std::min(1.0, (step + 1.0) / warmup));
      loss_sum += loss.item<double>() / steps;
    }
    report.epochs = epoch + 1;
    report.loss = loss_sum;
    since = loss_sum < (1 - kFall) * best ? 0 : since + 1;
    best = std::min(best, loss_sum);
  }
  report.parameters.slice(1, 0, weights_).copy_(leaf.detach());
  return report;
}
}    // namespace

std::unique_ptr<PmfMembers> make_mlp_members(const PmfConfig &config, const CgSpace &space, std::uint64_t seed)
{
  return std::make_unique<MlpMembers>(config, space, seed);
}

}    // namespace cgflow
