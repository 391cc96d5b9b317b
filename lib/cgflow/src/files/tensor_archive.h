// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_TENSOR_ARCHIVE_H
#define CGFLOW_SRC_TENSOR_ARCHIVE_H

#include "base/tensor.h"

#include "cgflow/archive.h"

namespace cgflow {

/// Stores tensors under prefix + name as float64.
void put_tensors(Archive &archive, const std::string &prefix, const NamedTensors &tensors);
/// Name and shape that a stored tensor must have.
struct TensorForm {
  std::string name;
  std::vector<std::int64_t> shape;
};
using TensorForms = std::vector<TensorForm>;
TensorForms forms_of(const NamedTensors &tensors);

/// The tensors of these forms under a prefix, names without it. Throws ModelError naming the file and the item when one is missing,
/// has another shape, or a number that is not finite, and when there are others. Nothing is allocated before that is known.
NamedTensors get_tensors(const Archive &archive, const std::string &prefix, const TensorForms &forms);

/// float64 copies between rows of numbers and tensors.
Tensor to_tensor(const std::vector<double> &values, std::vector<std::int64_t> shape);
std::vector<double> to_vector(const Tensor &tensor);

}    // namespace cgflow

#endif
