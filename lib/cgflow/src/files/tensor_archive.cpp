// SPDX-License-Identifier: GPL-2.0-only
#include "files/tensor_archive.h"

#include "base/text.h"

#include "cgflow/error.h"

#include <algorithm>
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

TensorForms forms_of(const NamedTensors &tensors)
{
  TensorForms forms;
  for (const auto &t : tensors) forms.push_back({t.name, t.value.sizes().vec()});
  return forms;
}

NamedTensors get_tensors(const Archive &archive, const std::string &prefix, const TensorForms &forms)
{
  for (const auto &form : forms)
    archive.numbers(prefix + form.name, form.shape, -Archive::kMostNumber, Archive::kMostNumber);
  const std::vector<std::string> stored = archive.names(prefix);
  for (const auto &name : stored)
    if (std::none_of(forms.begin(), forms.end(), [&](const TensorForm &form) { return prefix + form.name == name; }))
      archive.refuse(shown(name), "got a tensor that does not belong to the items 'config' and 'fitted'");
  NamedTensors tensors;
  for (const auto &form : forms) tensors.push_back({form.name, to_tensor(archive.numbers(prefix + form.name), form.shape)});
  return tensors;
}

}    // namespace cgflow
