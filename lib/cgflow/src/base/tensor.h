// SPDX-License-Identifier: GPL-2.0-only
// The one place that says which parts of LibTorch the library uses: tensors and reverse-mode derivatives. torch/torch.h
// would bring torch::nn and its optimisers, which cost 35 s a file to compile and are not needed.
#ifndef CGFLOW_SRC_TENSOR_H
#define CGFLOW_SRC_TENSOR_H

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/csrc/autograd/variable.h>

#include <string>
#include <vector>

namespace cgflow {

using at::Tensor;

/// A tensor that is stored under a name: a leaf parameter (requires_grad) or a buffer.
struct NamedTensor {
  std::string name;
  Tensor value;
};
using NamedTensors = std::vector<NamedTensor>;

}    // namespace cgflow

#endif
