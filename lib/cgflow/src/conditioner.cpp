// SPDX-License-Identifier: GPL-2.0-only
#include "conditioner.h"

#include <algorithm>
#include <cmath>

namespace cgflow {
namespace {
// Adam moves every weight by about the rate, so that a step of the output grows with the number of its inputs. The factor
// kOutputInputs / width makes one rate fit all widths; without it splines tear in the first steps in 1 of 4 trainings.
constexpr double kOutputInputs = 16.0;
}    // namespace

Tensor ParameterSource::uniform(at::IntArrayRef shape, double bound)
{
  RandomStream random(seed_, Stream::flow_init, count_++);
  Tensor t = at::empty(shape, at::kDouble);
  double *values = t.data_ptr<double>();
  for (std::int64_t i = 0; i < t.numel(); ++i) values[i] = bound * (2.0 * random.uniform() - 1.0);
  return t.requires_grad_(true);
}

Tensor ParameterSource::zeros(at::IntArrayRef shape)
{
  ++count_;
  return at::zeros(shape, at::kDouble).requires_grad_(true);
}

Conditioner::Conditioner(const std::string &name, int n_inputs, const FlowConfig &config, int n_outputs,
                         ParameterSource &source)
    : type_(config.precision == "float32" ? at::kFloat : at::kDouble),
      residual_(config.network == "residual" && !config.hidden.empty())
{
  int in = n_inputs;
  // Variance 2 / in of the weights keeps the size of SiLU's outputs from layer to layer about the same.
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
  add_zero("out", n_outputs);
}

void Conditioner::add_layer(const std::string &name, Tensor weight, Tensor bias)
{
  parameters_.push_back({name + ".weight", std::move(weight)});
  parameters_.push_back({name + ".bias", std::move(bias)});
}

Tensor Conditioner::dense(std::size_t index, const Tensor &h, Parameters mode, double factor) const
{
  const auto value = [&](std::size_t i) {
    const Tensor &v = parameters_[i].value;
    return (mode == Parameters::held ? v.detach() : v).to(type_);
  };
  return at::addmm(value(2 * index + 1), h, value(2 * index), 1.0, factor);
}

Tensor Conditioner::operator()(const Tensor &input, Parameters mode) const
{
  const std::size_t last = parameters_.size() / 2 - 1;
  Tensor h = input.to(type_);
  if (residual_) {
    h = dense(0, h, mode);
    for (std::size_t i = 1; i < last; i += 2) h = h + dense(i + 1, at::silu(dense(i, at::silu(h), mode)), mode);
  } else
    for (std::size_t i = 0; i < last; ++i) h = at::silu(dense(i, h, mode));
  return dense(last, h, mode, std::min(1.0, kOutputInputs / static_cast<double>(h.size(1)))).to(at::kDouble);
}

}    // namespace cgflow
