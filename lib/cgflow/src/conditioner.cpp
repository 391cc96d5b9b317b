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

Conditioner::Conditioner(const std::string &name, int n_inputs, const std::vector<int> &hidden, int n_outputs,
                         ParameterSource &source)
{
  int in = n_inputs;
  for (std::size_t k = 0; k < hidden.size(); ++k) {
    const std::string layer = name + "." + std::to_string(k);
    // Variance 2 / in of the weights keeps the size of SiLU's outputs from layer to layer about the same.
    parameters_.push_back({layer + ".weight", source.uniform({in, hidden[k]}, std::sqrt(6.0 / in))});
    parameters_.push_back({layer + ".bias", source.uniform({hidden[k]}, 1.0)});
    in = hidden[k];
  }
  parameters_.push_back({name + ".out.weight", source.zeros({in, n_outputs})});
  parameters_.push_back({name + ".out.bias", source.zeros({n_outputs})});
}

Tensor Conditioner::operator()(const Tensor &input, Parameters mode) const
{
  const auto value = [&](std::size_t i) {
    return mode == Parameters::held ? parameters_[i].value.detach() : parameters_[i].value;
  };
  Tensor h = input;
  for (std::size_t i = 0; i < parameters_.size(); i += 2) {
    const bool output = i + 2 == parameters_.size();
    const double factor = output ? std::min(1.0, kOutputInputs / static_cast<double>(h.size(1))) : 1.0;
    h = at::addmm(value(i + 1), h, value(i), 1.0, factor);
    if (!output) h = at::silu(h);
  }
  return h;
}

}    // namespace cgflow
