// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_SILU_H
#define CGFLOW_KERNELS_SILU_H

#include <cstdint>

namespace cgflow::kernels {

/// y = x / (1 + exp(-x)), to a few units in the last place, and its slope dy/dx, to as much of 1 + |x|. x, y and slope [n]. A
/// number's result does not depend on where it stands.
void silu(std::int64_t n, const float *x, float *y, float *slope);
void silu(std::int64_t n, const double *x, double *y, double *slope);

}    // namespace cgflow::kernels

#endif
