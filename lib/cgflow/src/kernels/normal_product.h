// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_NORMAL_PRODUCT_H
#define CGFLOW_KERNELS_NORMAL_PRODUCT_H

#include <cstdint>

namespace cgflow::kernels {

/// Floats of a row of features, filled up with zeros: whole vectors of AVX-512.
constexpr std::int64_t padded(std::int64_t size) { return (size + 15) / 16 * 16; }

/// out_m = F^T (c_m (F q_m)) for several members m at once: what conjugate gradients on normal equations need. F [n, padded(size)]
/// with zeros beyond size; c [members, n]; q and out [members, padded(size)], q with zeros there. F is read once, in parts that stay
/// in the first cache, where two matrix products would read it twice and copy it for a handful of rows. float32; sums over n
/// are taken in parts of 1024 in float32 and over those in float64.
void normal_product(std::int64_t n, std::int64_t size, std::int64_t members, const float *features, const float *c,
                    const float *q, float *out);

}    // namespace cgflow::kernels

#endif
