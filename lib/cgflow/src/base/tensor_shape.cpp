// SPDX-License-Identifier: GPL-2.0-only
#include "base/tensor_shape.h"

#include "cgflow/error.h"

namespace cgflow {

std::string shape_text(at::IntArrayRef shape)
{
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + (shape[i] < 0 ? std::string("any") : std::to_string(shape[i]));
  return text + "]";
}

void check_shape(const std::string &what, const Tensor &t, const std::vector<std::int64_t> &expected, at::ScalarType type)
{
  if (!t.defined()) throw ShapeError(what + ": got no tensor, expected the shape " + shape_text(expected));
  if (t.scalar_type() != type)
    throw ShapeError(what + ": got " + c10::toString(t.scalar_type()) + " values, expected " + c10::toString(type));
  bool fits = t.dim() == static_cast<std::int64_t>(expected.size());
  for (std::size_t i = 0; fits && i < expected.size(); ++i) fits = expected[i] < 0 || t.size(i) == expected[i];
  if (!fits) throw ShapeError(what + ": got the shape " + shape_text(t.sizes()) + ", expected " + shape_text(expected));
}

}    // namespace cgflow
