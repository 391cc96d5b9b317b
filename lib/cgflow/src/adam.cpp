// SPDX-License-Identifier: GPL-2.0-only
#include "adam.h"

#include "kernels/adam_step.h"
#include "shape.h"

#include "cgflow/error.h"

namespace cgflow {

Adam::Adam(NamedTensors parameters, double beta1, double beta2, double epsilon)
    : parameters_(std::move(parameters)), beta1_(beta1), beta2_(beta2), epsilon_(epsilon)
{
  for (const auto &p : parameters_) {
    first_.push_back(at::zeros_like(p.value.detach()));
    second_.push_back(at::zeros_like(p.value.detach()));
  }
}

void Adam::step(const std::vector<Tensor> &gradients, double rate, double factor)
{
  if (gradients.size() != parameters_.size())
    throw ShapeError("Adam: got " + std::to_string(gradients.size()) + " gradients, expected " +
                     std::to_string(parameters_.size()));
  ++steps_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor &value = parameters_[i].value;
    check_shape("gradient of " + parameters_[i].name, gradients[i], value.sizes().vec());
    kernels::adam_step({rate, beta1_, beta2_, epsilon_, steps_, factor}, value.numel(),
                       gradients[i].contiguous().data_ptr<double>(), value.data_ptr<double>(), first_[i].data_ptr<double>(),
                       second_[i].data_ptr<double>());
    // An in-place change, by which copies in another precision know that they are old.
    value.unsafeGetTensorImpl()->bump_version();
  }
}

void Adam::reset()
{
  const at::NoGradGuard no_grad;
  for (auto &t : first_) t.zero_();
  for (auto &t : second_) t.zero_();
  steps_ = 0;
}

NamedTensors Adam::state() const
{
  NamedTensors all;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    all.push_back({parameters_[i].name + ".first", first_[i]});
    all.push_back({parameters_[i].name + ".second", second_[i]});
  }
  all.push_back({"steps", at::full({1}, static_cast<double>(steps_), at::kDouble)});
  return all;
}

void Adam::load(const NamedTensors &state)
{
  const at::NoGradGuard no_grad;
  const auto find = [&](const std::string &name, at::IntArrayRef shape) {
    for (const auto &item : state) {
      if (item.name != name) continue;
      if (item.value.sizes() != shape)
        throw ModelError("optimiser: '" + name + "' has the shape " + shape_text(item.value.sizes()) + ", expected " +
                         shape_text(shape));
      return item.value;
    }
    throw ModelError("optimiser: '" + name + "' is missing in the stored state");
  };
  std::vector<Tensor> first, second;
  for (const auto &p : parameters_) {
    first.push_back(find(p.name + ".first", p.value.sizes()));
    second.push_back(find(p.name + ".second", p.value.sizes()));
  }
  steps_ = static_cast<std::int64_t>(find("steps", {1}).item<double>());
  for (std::size_t i = 0; i < first_.size(); ++i) {
    first_[i].copy_(first[i]);
    second_[i].copy_(second[i]);
  }
}

}    // namespace cgflow
