// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_DENSE_PRODUCTS_H
#define CGFLOW_KERNELS_DENSE_PRODUCTS_H

#include <cstdint>

namespace cgflow::kernels {

/// The three products of a dense layer y = b + f W^T x and of its derivatives, in float or double, for batches as small as
/// those of a training step. The batch is innermost, so a vector holds samples; weights are read once for up to 32 samples
/// and are not copied. Weights w [in, out], inputs [in, batch], outputs [out, batch]; all sizes at least 1.
struct DenseShape {
  std::int64_t in, out, batch;
  double factor = 1.0;    // f
};
/// y = bias + f W^T x + plus. bias [out]; `plus` [out, batch] may be null, for 0.
void dense(const DenseShape &shape, const float *w, const float *bias, const float *x, const float *plus, float *y);
void dense(const DenseShape &shape, const double *w, const double *bias, const double *x, const double *plus, double *y);
/// gx = times * (f W gy) + plus, where * is elementwise. `times` and `plus` [in, batch] may be null, for 1 and 0.
void dense_by_input(const DenseShape &shape, const float *w, const float *gy, const float *times, const float *plus,
                    float *gx);
void dense_by_input(const DenseShape &shape, const double *w, const double *gy, const double *times, const double *plus,
                    double *gx);
/// gw [in, out] = f x gy^T and g_bias [out] = the sum of gy over the batch.
void dense_by_parameters(const DenseShape &shape, const float *x, const float *gy, float *gw, float *g_bias);
void dense_by_parameters(const DenseShape &shape, const double *x, const double *gy, double *gw, double *g_bias);

}    // namespace cgflow::kernels

#endif
