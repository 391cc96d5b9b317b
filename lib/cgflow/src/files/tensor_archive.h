// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_TENSOR_ARCHIVE_H
#define CGFLOW_SRC_TENSOR_ARCHIVE_H

#include "base/tensor.h"

#include "cgflow/archive.h"

namespace cgflow {

/// Stores tensors under prefix + name as float64.
void put_tensors(Archive &archive, const std::string &prefix, const NamedTensors &tensors);
/// All tensors stored under a prefix, names without it.
NamedTensors get_tensors(const Archive &archive, const std::string &prefix);

/// float64 copies between rows of numbers and tensors.
Tensor to_tensor(const std::vector<double> &values, std::vector<std::int64_t> shape);
std::vector<double> to_vector(const Tensor &tensor);

}    // namespace cgflow

#endif
