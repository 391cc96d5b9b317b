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

#include <cstdint>
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
/// than LibTorch's, and as the first library of the process it serves LibTorch's plain products too, also a batch of one. A
/// batch of two, here the halves of a, stays inside.
inline Tensor product(const Tensor &a, const Tensor &b)
{
  const std::int64_t n = a.size(0), half = n / 2;
  if (half == 0) return at::matmul(a, b);
  const Tensor halves = a.narrow(0, 0, 2 * half).reshape({2, half, a.size(1)});
  const Tensor most = at::bmm(halves, b.unsqueeze(0).expand({2, -1, -1})).reshape({2 * half, b.size(1)});
  return n == 2 * half ? most : at::cat({most, at::matmul(a.narrow(0, n - 1, 1), b)});
}

}    // namespace cgflow

#endif
