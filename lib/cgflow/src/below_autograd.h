// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_BELOW_AUTOGRAD_H
#define CGFLOW_SRC_BELOW_AUTOGRAD_H

#include "tensor.h"

namespace cgflow {

/// While it lives nothing is recorded by autograd, and LibTorch's operators skip also the bookkeeping of views and versions: at the
/// batches of a training that is a third of an operator's time. For code that neither takes nor makes tensors with a gradient.
using BelowAutograd = at::AutoDispatchBelowADInplaceOrView;

}    // namespace cgflow

#endif
