// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_BELOW_AUTOGRAD_H
#define CGFLOW_SRC_BELOW_AUTOGRAD_H

#include "base/tensor.h"

namespace cgflow {

/// While it lives nothing is recorded by autograd, and LibTorch's operators skip the bookkeeping of views and versions, too. For code
/// that neither takes nor makes tensors with a gradient.
using BelowAutograd = at::AutoDispatchBelowADInplaceOrView;

}    // namespace cgflow

#endif
