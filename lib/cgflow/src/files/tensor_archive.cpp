// SPDX-License-Identifier: GPL-2.0-only
#include "files/tensor_archive.h"

#include <cstring>

namespace cgflow {

Tensor to_tensor(const std::vector<double> &values, std::vector<std::int64_t> shape)
{
  Tensor tensor = at::empty(shape, at::kDouble);
  TORCH_INTERNAL_ASSERT(tensor.numel() == static_cast<std::int64_t>(values.size()));
  if (!values.empty()) std::memcpy(tensor.data_ptr<double>(), values.data(), values.size() * sizeof(double));
  return tensor;
}

std::vector<double> to_vector(const Tensor &tensor)
{
  const Tensor plain = tensor.detach().to(at::kDouble).contiguous();
  const double *data = plain.data_ptr<double>();
  return {data, data + plain.numel()};
}

void put_tensors(Archive &archive, const std::string &prefix, const NamedTensors &tensors)
{
  for (const auto &t : tensors) {
    const auto sizes = t.value.sizes();
    archive.put(prefix + t.name, to_vector(t.value), {sizes.begin(), sizes.end()});
  }
}

NamedTensors get_tensors(const Archive &archive, const std::string &prefix)
{
  NamedTensors tensors;
  for (const auto &name : archive.names(prefix))
    tensors.push_back({name.substr(prefix.size()), to_tensor(archive.numbers(name), archive.shape(name))});
  return tensors;
}

}    // namespace cgflow
