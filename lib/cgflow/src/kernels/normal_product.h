// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_NORMAL_PRODUCT_H
#define CGFLOW_KERNELS_NORMAL_PRODUCT_H

#include <cstdint>

namespace cgflow::kernels {

/// Length of a row of features, padded with zeros to whole vectors of AVX-512.
constexpr std::int64_t padded(std::int64_t size) { return (size + 7) / 8 * 8; }

/// Doubles of working memory that each function below takes at most.
std::int64_t normal_product_room(std::int64_t n, std::int64_t size, std::int64_t members);

/// out_m = F^T (c_m * F q_m) for several members m at once, the product of conjugate gradients on normal equations. F [n,
/// padded(size)]; c [members, n]; q and out [members, padded(size)]. The padding of F and q must be zero. F is read once, in
/// parts that stay in the first cache; two matrix products would read it twice and copy it for a few rows.
void normal_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *c,
                    const double *q, double *out);
/// The first half: out_m = F q_m, out [members, n].
void feature_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *q,
                     double *out);
/// The second half: out_m = F^T c_m, c [members, n], out [members, padded(size)].
void transposed_product(std::int64_t n, std::int64_t size, std::int64_t members, const double *features, const double *c,
                        double *out);

}    // namespace cgflow::kernels

#endif
