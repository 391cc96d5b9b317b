// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_TENSOR_SHAPE_H
#define CGFLOW_SRC_TENSOR_SHAPE_H

#include "base/tensor.h"

namespace cgflow {

/// Throws ShapeError naming `what`, the shape that was got and the one expected unless `t` has that shape and type;
/// -1 stands for any size.
void check_shape(const std::string &what, const Tensor &t, const std::vector<std::int64_t> &expected,
                 at::ScalarType type = at::kDouble);

/// "[3, 2]", with "any" for -1.
std::string shape_text(at::IntArrayRef shape);

}    // namespace cgflow

#endif
