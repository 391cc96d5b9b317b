// SPDX-License-Identifier: GPL-2.0-only
#include "flow/conditioner.h"

#include "cgflow/error.h"

#include "kernels/silu.h"

#include <algorithm>
#include <cmath>

namespace cgflow {
namespace {
// Adam moves every weight by about the rate, so that the change of an output grows with the number of its inputs. The factor
// kOutputInputs / width makes one rate suitable for all widths. Without it splines tear in the first steps of 1 in 4
// trainings.
constexpr double kOutputInputs = 16.0;
}    // namespace

void ParameterSource::take(at::IntArrayRef shape)
{
  std::int64_t n = 1;
  for (const std::int64_t size : shape) {
    if (size > 0 && n > left_ / size)
      throw ModelError("flow: its networks have more numbers than are stored, " + std::to_string(most_));
    n *= size;
  }
  left_ -= n;
}

Tensor ParameterSource::uniform(at::IntArrayRef shape, double bound)
{
  take(shape);
  RandomStream random(seed_, Stream::flow_init, count_++);
  Tensor t = at::empty(shape, at::kDouble);
  double *values = t.data_ptr<double>();
  for (std::int64_t i = 0; i < t.numel(); ++i) values[i] = bound * (2.0 * random.uniform() - 1.0);
  return t;
}

Tensor ParameterSource::zeros(at::IntArrayRef shape)
{
  take(shape);
  ++count_;
  return at::zeros(shape, at::kDouble);
}

Conditioner::Conditioner(const std::string &name, int n_condition, Seen seen, const FlowConfig &config, int n_outputs,
                         ParameterSource &source)
    : type_(config.precision == "float32" ? at::kFloat : at::kDouble),
      residual_(config.network == "residual" && !config.hidden.empty()), seen_(std::move(seen))
{
  int in = n_condition + seen_.size();
  // The variance 2 / in of the weights keeps the size of SiLU's outputs about the same from layer to layer.
  const auto add_random = [&](const std::string &layer, int out) {
    Tensor weight = source.uniform({in, out}, std::sqrt(6.0 / in));
    add_layer(name + "." + layer, std::move(weight), source.uniform({out}, 1.0));
    in = out;
  };
  const auto add_zero = [&](const std::string &layer, int out) {
    Tensor weight = source.zeros({in, out});
    add_layer(name + "." + layer, std::move(weight), source.zeros({out}));
  };
  if (residual_) {
    add_random("in", config.hidden[0]);
    for (std::size_t k = 0; k < config.hidden.size(); ++k) {
      const std::string block = "block" + std::to_string(k);
      add_random(block + ".0", config.hidden[k]);
      add_zero(block + ".1", config.hidden[k]);
    }
  } else
    for (std::size_t k = 0; k < config.hidden.size(); ++k) add_random(std::to_string(k), config.hidden[k]);
  output_factor_ = std::min(1.0, kOutputInputs / in);
  add_zero("out", n_outputs);
}

void Conditioner::add_layer(const std::string &name, Tensor weight, Tensor bias)
{
  parameters_.push_back({name + ".weight", std::move(weight)});
  parameters_.push_back({name + ".bias", std::move(bias)});
}

std::int64_t Conditioner::size() const
{
  std::int64_t n = 0;
  for (const auto &p : parameters_) n += p.value.numel();
  return n;
}

std::int64_t Conditioner::bind(const Tensor &all, const Tensor &computed, std::int64_t first)
{
  first_ = first;
  weight_.clear(), bias_.clear();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Tensor &value = parameters_[i].value;
    const auto place = [&](const Tensor &t) { return t.narrow(0, first, value.numel()).view(value.sizes()); };
    const Tensor own = place(all);
    own.copy_(value);
    (i % 2 ? bias_ : weight_).push_back(place(computed));
    first += value.numel();
    value = own;
  }
  return first;
}

Conditioner::Work Conditioner::make_work(std::int64_t batch) const
{
  Work work;
  const auto options = at::TensorOptions().dtype(type_);
  for (std::size_t i = 0; i < n_layers(); ++i) {
    const auto in = weight_[i].size(0), out = weight_[i].size(1);
    // Each layer reads the output buffer of the layer before, and writes the derivative by it to a buffer that that layer
    // reads.
    work.before.push_back(i > 0 ? work.layer_out[i - 1] : Tensor());
    work.layer_in.push_back(i > 0 && !activates(i) ? work.before[i] : at::empty({in, batch}, options));
    work.slope.push_back(activates(i) ? at::empty({in, batch}, options) : Tensor());
    work.layer_out.push_back(at::empty({out, batch}, options));
    work.g_in.push_back(at::empty({in, batch}, options));
  }
  for (std::size_t i = 0; i + 1 < n_layers(); ++i) work.g_out.push_back(work.g_in[i + 1]);
  work.g_out.push_back(at::empty_like(work.outputs()));
  return work;
}

void Conditioner::Work::count(StorageBytes &bytes) const
{
  for (const auto *tensors : {&layer_in, &before, &slope, &layer_out, &g_in, &g_out}) bytes.add(*tensors);
}

void Conditioner::gather(const Tensor &c, const Tensor &x, const Tensor &input) const
{
  const auto batch = c.size(1), n_c = c.size(0);
  const auto n_angles = static_cast<std::int64_t>(seen_.angles.size());
  with_type(type_, [&](auto type) {
    using T = decltype(type);
    T *to = input.data_ptr<T>();
    const double *from = c.data_ptr<double>(), *values = x.data_ptr<double>();
    std::transform(from, from + n_c * batch, to, [](double v) { return static_cast<T>(v); });
    to += n_c * batch;
    for (const std::int64_t row : seen_.values) {
      const double *v = values + row * batch;
      to = std::transform(v, v + batch, to, [](double value) { return static_cast<T>(value); });
    }
    for (const std::int64_t row : seen_.angles) {
      const double *v = values + row * batch;
      std::transform(v, v + batch, to, [](double angle) { return static_cast<T>(std::cos(angle)); });
      std::transform(v, v + batch, to + n_angles * batch, [](double angle) { return static_cast<T>(std::sin(angle)); });
      to += batch;
    }
  });
}

void Conditioner::scatter(const Tensor &input, const Tensor &g_input, const Tensor &gx) const
{
  const auto batch = gx.size(1), n_angles = static_cast<std::int64_t>(seen_.angles.size());
  const auto first = input.size(0) - seen_.size();
  with_type(type_, [&](auto type) {
    using T = decltype(type);
    const T *g = g_input.data_ptr<T>() + first * batch, *in = input.data_ptr<T>() + first * batch;
    double *out = gx.data_ptr<double>();
    for (const std::int64_t row : seen_.values) {
      double *to = out + row * batch;
      for (std::int64_t b = 0; b < batch; ++b) to[b] += static_cast<double>(g[b]);
      g += batch, in += batch;
    }
    for (const std::int64_t row : seen_.angles) {
      double *to = out + row * batch;
      const T *g_sine = g + n_angles * batch, *sine = in + n_angles * batch;
      for (std::int64_t b = 0; b < batch; ++b)
        to[b] += static_cast<double>(g_sine[b]) * static_cast<double>(in[b]) -
                 static_cast<double>(g[b]) * static_cast<double>(sine[b]);
      g += batch, in += batch;
    }
  });
}

kernels::DenseShape Conditioner::shape(std::size_t i, const Work &work) const
{
  return {weight_[i].size(0), weight_[i].size(1), work.outputs().size(1), factor(i)};
}

// layer_out = W^T layer_in + b, plus the skip connection at the end of a residual block. An activation computes layer_in
// from `before` first.
void Conditioner::dense(std::size_t i, Work &work) const
{
  with_type(type_, [&](auto type) {
    using T = decltype(type);
    if (activates(i))
      kernels::silu(work.before[i].numel(), work.before[i].data_ptr<T>(), work.layer_in[i].data_ptr<T>(),
                    work.slope[i].data_ptr<T>());
    kernels::dense(shape(i, work), weight_[i].data_ptr<T>(), bias_[i].data_ptr<T>(), work.layer_in[i].data_ptr<T>(),
                   ends_block(i) ? work.before[i - 1].data_ptr<T>() : nullptr, work.layer_out[i].data_ptr<T>());
  });
}

void Conditioner::forward(const Tensor &c, const Tensor &x, Work &work) const
{
  gather(c, x, work.layer_in[0]);
  for (std::size_t i = 0; i < n_layers(); ++i) dense(i, work);
}

// From g_out[i] to the parameters' gradient and to g_in[i], the derivative by the layer's input before the activation. The
// derivative through the skip connection is added.
void Conditioner::dense_back(std::size_t i, Work &work, bool parameters, bool input) const
{
  with_type(type_, [&](auto type) {
    using T = decltype(type);
    const T *g = work.g_out[i].data_ptr<T>();
    if (parameters)
      kernels::dense_by_parameters(shape(i, work), work.layer_in[i].data_ptr<T>(), g, work.g_weight[i].data_ptr<T>(),
                                   work.g_bias[i].data_ptr<T>());
    if (input)
      kernels::dense_by_input(shape(i, work), weight_[i].data_ptr<T>(), g,
                              activates(i) ? work.slope[i].data_ptr<T>() : nullptr,
                              ends_block(i + 1) ? work.g_out[i + 1].data_ptr<T>() : nullptr, work.g_in[i].data_ptr<T>());
  });
}

void Conditioner::pull_back(Work &work, const Tensor &gx, const Tensor &gradient) const
{
  const bool parameters = gradient.defined();
  if (parameters && !gradient.is_same(work.gradient)) {
    work.gradient = gradient;
    work.g_weight.clear(), work.g_bias.clear();
    std::int64_t first = first_;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const Tensor &value = parameters_[i].value;
      (i % 2 ? work.g_bias : work.g_weight).push_back(gradient.narrow(0, first, value.numel()).view(value.sizes()));
      first += value.numel();
    }
  }
  const bool input = sees();
  if (!parameters && !input) return;
  for (std::size_t i = n_layers(); i-- > 0;) dense_back(i, work, parameters, i > 0 || input);
  if (input) scatter(work.layer_in[0], work.g_in[0], gx);
}

}    // namespace cgflow
