// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow.h"

#include "base/tensor_shape.h"
#include "base/text.h"
#include "config/config_table.h"
#include "flow/flow_parts.h"
#include "flow/flow_pass.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cgflow {

using Kind = FineCoordinate::Kind;

namespace {

std::string allowed_words(const std::string &key) { return join(find_keyword("flow." + key)->words); }

void check_word(const std::string &key, const std::string &got)
{
  const auto &words = find_keyword("flow." + key)->words;
  if (std::find(words.begin(), words.end(), got) == words.end())
    throw ConfigError("flow: " + key + ": got '" + got + "', expected one of " + join(words));
}

void check(const FlowConfig &config, const std::vector<FineCoordinate> &fine)
{
  if (fine.empty()) throw ConfigError("flow: got no fine coordinate, at least one is needed");
  if (config.layers.empty()) throw ConfigError("flow: layers: got none, expected some of " + allowed_words("layers"));
  for (const auto &layer : config.layers) check_word("layers", layer);
  check_word("network", config.network);
  check_word("masks", config.masks);
  check_word("precision", config.precision);
  for (const int width : config.hidden) {
    if (width < 1) throw ConfigError("flow: hidden: got " + std::to_string(width) + ", expected widths of at least 1");
    if (config.network == "residual" && width != config.hidden[0])
      throw ConfigError("flow: hidden: got the widths " + std::to_string(config.hidden[0]) + " and " +
                        std::to_string(width) + ", expected equal widths with network: residual");
  }
  if (config.network == "residual" && config.hidden.empty())
    throw ConfigError("flow: hidden: got none, expected at least one width with network: residual");
  if (config.harmonics < 0)
    throw ConfigError("flow: harmonics: got " + std::to_string(config.harmonics) + ", expected at least 0");
  if (config.bins < 2 || config.bins > 256)
    throw ConfigError("flow: bins: got " + std::to_string(config.bins) + ", expected 2 to 256");
  if (!(config.tail > 0.0) || !std::isfinite(config.tail))
    throw ConfigError("flow: tail: got " + std::to_string(config.tail) + ", expected a number > 0");
}

std::unique_ptr<FlowLayer> make_layer(const std::string &kind, const LayerContext &context)
{
  if (kind == "affine") return make_affine_layer(context);
  if (kind == "rotor") return make_elementwise_layer(context, Elementwise::rotor);
  if (kind == "spline") return make_elementwise_layer(context, Elementwise::spline);
  if (kind == "affine_coupling") return make_elementwise_layer(context, Elementwise::affine_coupling);
  if (kind == "spline_coupling") return make_elementwise_layer(context, Elementwise::spline_coupling);
  if (kind == "shift") return make_shift_layer(context);
  throw ConfigError("flow: layers: got '" + kind + "', expected one of " + allowed_words("layers"));
}

}    // namespace

ConditionalFlow::ConditionalFlow(const FlowConfig &config, const CgSpace &space, std::vector<FineCoordinate> fine,
                                 std::uint64_t seed)
{
  check(config, fine);
  impl_ = std::make_unique<Impl>(space, fine, config.harmonics);
  for (const auto &f : fine) {
    impl_->circular.push_back(f.kind == Kind::circular);
    impl_->log_norm -= (f.kind == Kind::circular ? 1.0 : 0.5) * std::log(2.0 * std::numbers::pi);
  }
  ParameterSource source(seed);
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

void ConditionalFlow::set_standardisation(const Tensor &mean, const Tensor &scale)
{
  impl_->standardisation.set(mean, scale);
}

void ConditionalFlow::standardise(const Tensor &fine) { impl_->standardisation.fit(fine); }

void ConditionalFlow::set_standardisation(const Tensor &mean, const Tensor &scale, const Tensor &mixing)
{
  impl_->standardisation.set(mean, scale, mixing);
}

Tensor ConditionalFlow::standardised_gradient(const Tensor &g) const { return impl_->standardisation.pull_back(g); }

ConditionalFlow::Sample ConditionalFlow::sample(const Tensor &z, const Tensor &s) const
{
  check_shape("latent samples", z, {s.size(0), n_fine()});
  FlowPass pass(*this);
  Sample all{at::empty({s.size(0), n_fine()}, at::kDouble), at::empty({s.size(0)}, at::kDouble)};
  for (std::int64_t first = 0; first < s.size(0); first += kRowsAtOnce) {
    const auto count = std::min(kRowsAtOnce, s.size(0) - first);
    const Sample part = pass.sample(z.narrow(0, first, count), s.narrow(0, first, count));
    all.fine.narrow(0, first, count).copy_(part.fine);
    all.log_q.narrow(0, first, count).copy_(part.log_q);
  }
  return all;
}

Tensor ConditionalFlow::log_prob(const Tensor &fine, const Tensor &s) const
{
  check_shape("fine coordinates", fine, {s.size(0), n_fine()});
  FlowPass pass(*this);
  Tensor all = at::empty({s.size(0)}, at::kDouble);
  for (std::int64_t first = 0; first < s.size(0); first += kRowsAtOnce) {
    const auto count = std::min(kRowsAtOnce, s.size(0) - first);
    all.narrow(0, first, count).copy_(pass.log_prob(fine.narrow(0, first, count), s.narrow(0, first, count)));
  }
  return all;
}

Tensor ConditionalFlow::draw_latent(std::uint64_t seed, Stream purpose, std::int64_t first, std::int64_t count,
                                    std::uint64_t iteration) const
{
  const int n = n_fine();
  Tensor z = at::empty({count, n}, at::kDouble);
  double *row = z.data_ptr<double>();
  for (std::int64_t i = 0; i < count; ++i, row += n) {
    RandomStream random(seed, purpose, static_cast<std::uint64_t>(first + i), iteration);
    for (int k = 0; k < n; ++k)
      row[k] = impl_->circular[k] ? std::numbers::pi * (2.0 * random.uniform() - 1.0) : random.normal();
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

const Tensor &ConditionalFlow::all() const { return impl_->all; }

const Tensor &ConditionalFlow::computed() const { return impl_->computed; }

void ConditionalFlow::computed_is_current() const { impl_->set_current(); }

NamedTensors ConditionalFlow::state() const
{
  NamedTensors all = parameters();
  all.push_back({"mean", impl_->standardisation.mean()});
  all.push_back({"scale", impl_->standardisation.scale()});
  all.push_back({"mixing", impl_->standardisation.mixing()});
  return all;
}

void ConditionalFlow::load(const NamedTensors &state)
{
  const at::NoGradGuard no_grad;
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
  // Looked up first: a flow takes all of a state or nothing.
  const NamedTensors mine = parameters();
  std::vector<Tensor> values;
  for (const auto &item : mine) values.push_back(find(item));
  const Tensor mean = find({"mean", impl_->standardisation.mean()});
  const Tensor scale = find({"scale", impl_->standardisation.scale()});
  const Tensor mixing = find({"mixing", impl_->standardisation.mixing()});
  impl_->standardisation.set(mean.clone(), scale.clone(), mixing.clone());
  for (std::size_t i = 0; i < mine.size(); ++i) mine[i].value.copy_(values[i]);
}

}    // namespace cgflow
