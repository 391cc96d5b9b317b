// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_SILU_H
#define CGFLOW_KERNELS_SILU_H

#include <cstdint>

namespace cgflow::kernels {

/// y = x / (1 + exp(-x)) with an error of a few units in the last place, and its slope dy/dx with an error of the same
/// fraction of 1 + |x|. x, y and slope [n]. The result for a number does not depend on its position.
void silu(std::int64_t n, const float *x, float *y, float *slope);
void silu(std::int64_t n, const double *x, double *y, double *slope);

}    // namespace cgflow::kernels

#endif
