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

/// Product of large matrices a [n, k] and b [k, m] of doubles. liblammps exports a dgemm of its own, an order of magnitude slower
/// than LibTorch's, and as the first library of the process it serves LibTorch's plain products too; batched ones stay inside.
inline Tensor product(const Tensor &a, const Tensor &b) { return at::bmm(a.unsqueeze(0), b.unsqueeze(0)).squeeze(0); }

}    // namespace cgflow

#endif
