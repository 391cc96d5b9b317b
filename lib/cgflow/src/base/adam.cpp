// SPDX-License-Identifier: GPL-2.0-only
#include "base/adam.h"

#include "base/tensor_shape.h"
#include "kernels/adam_step.h"

namespace cgflow {

Adam::Adam(const Tensor &parameters, const Tensor &rounded, double beta1, double beta2, double epsilon)
    : parameters_(parameters), rounded_(rounded), first_(at::zeros_like(rounded)), second_(at::zeros_like(rounded)),
      beta1_(beta1), beta2_(beta2), epsilon_(epsilon)
{
  check_shape("rounded parameters", rounded, parameters.sizes().vec(), rounded.scalar_type());
}

void Adam::step(const Tensor &gradient, double rate, double factor)
{
  check_shape("gradient", gradient, parameters_.sizes().vec(), rounded_.scalar_type());
  const kernels::AdamStep adam{rate, beta1_, beta2_, epsilon_, ++steps_, factor};
  const Tensor g = gradient.contiguous();
  const auto n = parameters_.numel();
  if (rounded_.scalar_type() == at::kFloat)
    kernels::adam_step(adam, n, g.data_ptr<float>(), parameters_.data_ptr<double>(), rounded_.data_ptr<float>(),
                       first_.data_ptr<float>(), second_.data_ptr<float>());
  else
    kernels::adam_step(adam, n, g.data_ptr<double>(), parameters_.data_ptr<double>(), first_.data_ptr<double>(),
                       second_.data_ptr<double>());
  // The version number of an in-place change tells copies in another precision that they are out of date.
  parameters_.unsafeGetTensorImpl()->bump_version();
}

}    // namespace cgflow
