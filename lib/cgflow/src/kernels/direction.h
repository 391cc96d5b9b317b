// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_DIRECTION_H
#define CGFLOW_KERNELS_DIRECTION_H

namespace cgflow::kernels {

/// Direction of an invertible map. forward: from the latent side to the fine side.
enum class Direction { forward, inverse };

}    // namespace cgflow::kernels

#endif
