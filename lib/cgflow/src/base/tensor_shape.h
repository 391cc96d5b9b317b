// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_TENSOR_SHAPE_H
#define CGFLOW_SRC_TENSOR_SHAPE_H

#include "base/tensor.h"

namespace cgflow {

/// Throws ShapeError unless `t` has the expected shape and type; -1 stands for any size. The text names `what`, the shape of
/// `t` and the expected one.
void check_shape(const std::string &what, const Tensor &t, const std::vector<std::int64_t> &expected,
                 at::ScalarType type = at::kDouble);

/// "[3, 2]", with "any" for -1.
std::string shape_text(at::IntArrayRef shape);

}    // namespace cgflow

#endif
