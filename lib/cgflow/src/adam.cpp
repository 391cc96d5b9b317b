// SPDX-License-Identifier: GPL-2.0-only
#include "adam.h"

#include "kernels/adam_step.h"
#include "shape.h"

namespace cgflow {

Adam::Adam(const Tensor &parameters, double beta1, double beta2, double epsilon)
    : parameters_(parameters), first_(at::zeros_like(parameters.detach())), second_(at::zeros_like(parameters.detach())),
      beta1_(beta1), beta2_(beta2), epsilon_(epsilon)
{
}

void Adam::step(const Tensor &gradient, double rate, double factor)
{
  check_shape("gradient", gradient, parameters_.sizes().vec());
  kernels::adam_step({rate, beta1_, beta2_, epsilon_, ++steps_, factor}, parameters_.numel(),
                     gradient.contiguous().data_ptr<double>(), parameters_.data_ptr<double>(), first_.data_ptr<double>(),
                     second_.data_ptr<double>());
  // An in-place change, by which copies in another precision know that they are old.
  parameters_.unsafeGetTensorImpl()->bump_version();
}

}    // namespace cgflow
