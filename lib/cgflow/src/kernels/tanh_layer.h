// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_TANH_LAYER_H
#define CGFLOW_KERNELS_TANH_LAYER_H

#include <cstdint>

namespace cgflow::kernels {

/// h = tanh(h + bias) in place, with an error below 1e-15. h [units, n], bias [units].
void bias_tanh(std::int64_t units, std::int64_t n, const double *bias, double *h);

/// Turns derivatives by h = tanh(x) into derivatives by x, in place: slope *= 1 - h^2. h and slope [count].
void tanh_pull_back(std::int64_t count, const double *h, double *slope);

}    // namespace cgflow::kernels

#endif
