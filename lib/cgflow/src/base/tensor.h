// SPDX-License-Identifier: GPL-2.0-only
// The part of LibTorch that the library uses: tensors and their operators. Derivatives are taken by hand, so that autograd has no
// part in it. torch/torch.h would bring torch::nn and the optimizers, which take 35 s per file to compile.
#ifndef CGFLOW_SRC_TENSOR_H
#define CGFLOW_SRC_TENSOR_H

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <string>
#include <vector>

namespace cgflow {

using at::Tensor;

/// A tensor that is stored under a name.
struct NamedTensor {
  std::string name;
  Tensor value;
};
using NamedTensors = std::vector<NamedTensor>;

}    // namespace cgflow

#endif
