// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow.h"

#include "base/tensor_shape.h"
#include "base/text.h"
#include "flow/flow_parts.h"
#include "flow/flow_pass.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cgflow {

using Kind = FineCoordinate::Kind;

namespace {

std::unique_ptr<FlowLayer> make_layer(const std::string &kind, const LayerContext &context)
{
  if (kind == "affine") return make_affine_layer(context);
  if (kind == "rotor") return make_elementwise_layer(context, Elementwise::rotor);
  if (kind == "spline") return make_elementwise_layer(context, Elementwise::spline);
  if (kind == "affine_coupling") return make_elementwise_layer(context, Elementwise::affine_coupling);
  if (kind == "spline_coupling") return make_elementwise_layer(context, Elementwise::spline_coupling);
  if (kind == "shift") return make_shift_layer(context);
  throw ConfigError("flow: layers: got the unknown layer '" + kind + "'");
}

}    // namespace

ConditionalFlow::ConditionalFlow(const FlowConfig &config, const CgSpace &space, std::vector<FineCoordinate> fine,
                                 std::uint64_t seed, std::int64_t most_parameters)
{
  if (fine.empty()) throw ConfigError("flow: got no fine coordinate, at least one is needed");
  impl_ = std::make_unique<Impl>(space, fine, config.harmonics);
  for (const auto &f : fine) {
    impl_->circular.push_back(f.kind == Kind::circular);
    impl_->log_norm -= (f.kind == Kind::circular ? 1.0 : 0.5) * std::log(2.0 * std::numbers::pi);
  }
  ParameterSource source(seed, most_parameters);
  int couplings = 0, shifts = 0;
  for (std::size_t k = 0; k < config.layers.size(); ++k) {
    const std::string &kind = config.layers[k];
    const bool coupling = kind.ends_with("_coupling");
    auto layer = make_layer(kind, {"layer" + std::to_string(k) + "." + kind, impl_->features.size(), impl_->circular,
                                   coupling ? couplings : shifts, config, source});
    if (layer) impl_->layers.push_back(std::move(layer));
    couplings += coupling;
    shifts += kind == "shift";
  }
  std::int64_t n = 0;
  for (const auto &layer : impl_->layers) n += layer->n_parameters();
  if (n == 0)
    throw ConfigError("flow: layers: got [" + join(config.layers) +
                      "], none of which can be trained for the fine "
                      "coordinates, which are all " +
                      (impl_->circular[0] ? "circular" : "unbounded or bounded") +
                      "; expected also spline or spline_coupling");
  impl_->all = at::empty({n}, at::kDouble);
  impl_->computed = config.precision == "float32" ? at::empty({n}, at::kFloat) : impl_->all;
  std::int64_t first = 0;
  for (const auto &layer : impl_->layers) first = layer->bind(impl_->all, impl_->computed, first);
}

ConditionalFlow::~ConditionalFlow() = default;

int ConditionalFlow::n_cv() const { return impl_->n_cv; }

int ConditionalFlow::n_fine() const { return impl_->n_fine; }

void ConditionalFlow::set_standardization(const Tensor &mean, const Tensor &scale)
{
  impl_->standardization.set(mean, scale);
}

void ConditionalFlow::standardize(const Tensor &fine) { impl_->standardization.fit(fine); }

void ConditionalFlow::set_standardization(const Tensor &mean, const Tensor &scale, const Tensor &mixing)
{
  impl_->standardization.set(mean, scale, mixing);
}

Tensor ConditionalFlow::standardized_gradient(const Tensor &g) const { return impl_->standardization.pull_back(g); }

ConditionalFlow::Sample ConditionalFlow::sample(const Tensor &z, const Tensor &s) const
{
  check_shape("CG points", s, {n_cv(), -1});
  check_shape("latent samples", z, {n_fine(), s.size(1)});
  FlowPass pass(*this);
  Sample all{at::empty({n_fine(), s.size(1)}, at::kDouble), at::empty({s.size(1)}, at::kDouble)};
  for (std::int64_t first = 0; first < s.size(1); first += kSamplesAtOnce) {
    const auto count = std::min(kSamplesAtOnce, s.size(1) - first);
    const auto part = pass.sample(z.narrow(1, first, count), s.narrow(1, first, count));
    all.fine.narrow(1, first, count).copy_(part.fine());
    all.log_q.narrow(0, first, count).copy_(part.log_q());
  }
  return all;
}

Tensor ConditionalFlow::log_prob(const Tensor &fine, const Tensor &s) const
{
  check_shape("CG points", s, {n_cv(), -1});
  check_shape("fine coordinates", fine, {n_fine(), s.size(1)});
  FlowPass pass(*this);
  Tensor all = at::empty({s.size(1)}, at::kDouble);
  for (std::int64_t first = 0; first < s.size(1); first += kSamplesAtOnce) {
    const auto count = std::min(kSamplesAtOnce, s.size(1) - first);
    const auto part = pass.log_prob(fine.narrow(1, first, count), s.narrow(1, first, count));
    all.narrow(0, first, count).copy_(part.log_q());
  }
  return all;
}

Tensor ConditionalFlow::draw_latent(std::uint64_t seed, Stream purpose, std::int64_t first, std::int64_t count,
                                    std::uint64_t iteration) const
{
  const int n = n_fine();
  Tensor z = at::empty({n, count}, at::kDouble);
  double *values = z.data_ptr<double>();
  for (std::int64_t i = 0; i < count; ++i) {
    RandomStream random(seed, purpose, static_cast<std::uint64_t>(first + i), iteration);
    for (int k = 0; k < n; ++k)
      values[k * count + i] = impl_->circular[k] ? std::numbers::pi * (2.0 * random.uniform() - 1.0) : random.normal();
  }
  return z;
}

NamedTensors ConditionalFlow::parameters() const
{
  NamedTensors all;
  for (const auto &layer : impl_->layers) {
    const NamedTensors part = layer->parameters();
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::int64_t ConditionalFlow::n_parameters() const { return impl_->all.numel(); }

std::int64_t ConditionalFlow::number_size() const { return static_cast<std::int64_t>(impl_->computed.element_size()); }

const Tensor &ConditionalFlow::all() { return impl_->all; }

const Tensor &ConditionalFlow::computed() { return impl_->computed; }

void ConditionalFlow::computed_is_current() { impl_->set_current(); }

NamedTensors ConditionalFlow::state() const
{
  NamedTensors all = parameters();
  all.push_back({"mean", impl_->standardization.mean()});
  all.push_back({"scale", impl_->standardization.scale()});
  all.push_back({"mixing", impl_->standardization.mixing()});
  return all;
}

void ConditionalFlow::load(const NamedTensors &state)
{
  const auto find = [&](const NamedTensor &mine) {
    for (const auto &item : state) {
      if (item.name != mine.name) continue;
      if (item.value.sizes() != mine.value.sizes())
        throw ModelError("flow: '" + mine.name + "' has the shape " + shape_text(item.value.sizes()) + ", expected " +
                         shape_text(mine.value.sizes()));
      return item.value;
    }
    throw ModelError("flow: '" + mine.name + "' is missing in the stored model");
  };
  // All values are looked up before the first is taken.
  const NamedTensors mine = parameters();
  std::vector<Tensor> values;
  for (const auto &item : mine) values.push_back(find(item));
  const Tensor mean = find({"mean", impl_->standardization.mean()});
  const Tensor scale = find({"scale", impl_->standardization.scale()});
  const Tensor mixing = find({"mixing", impl_->standardization.mixing()});
  impl_->standardization.set(mean.clone(), scale.clone(), mixing.clone());
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i].value.copy_(values[i]);
}

}    // namespace cgflow
