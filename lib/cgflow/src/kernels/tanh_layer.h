// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_TANH_LAYER_H
#define CGFLOW_KERNELS_TANH_LAYER_H

#include <cstdint>

namespace cgflow::kernels {

/// h = tanh(h + bias) in place, to 1e-15: what follows a layer's product. h [units, n], bias [units].
void bias_tanh(std::int64_t units, std::int64_t n, const double *bias, double *h);

/// From derivatives by tanh(x) to those by x, in place: slope *= 1 - h^2. h and slope [count], h = tanh(x).
void tanh_pull_back(std::int64_t count, const double *h, double *slope);

}    // namespace cgflow::kernels

#endif
