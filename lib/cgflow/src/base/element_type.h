// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ELEMENT_TYPE_H
#define CGFLOW_SRC_ELEMENT_TYPE_H

#include "base/tensor.h"

namespace cgflow {

/// Calls body(float{}) or body(double{}) by the element type of a network.
template <class Body> void with_type(at::ScalarType type, const Body &body)
{
  if (type == at::kFloat)
    body(float{});
  else
    body(double{});
}

}    // namespace cgflow

#endif
