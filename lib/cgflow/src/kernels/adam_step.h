// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_ADAM_STEP_H
#define CGFLOW_KERNELS_ADAM_STEP_H

#include <cstdint>

namespace cgflow::kernels {

/// One step of Adam (Kingma and Ba 2015, Algorithm 1), number `step` from 1, on n parameters with gradients factor * g: moments and
/// parameters are read and written once, and a scaled or clipped gradient is not stored. All [n].
struct AdamStep {
  double rate, beta1, beta2, epsilon;
  std::int64_t step;
  double factor = 1.0;
};
void adam_step(const AdamStep &adam, std::int64_t n, const double *g, double *parameters, double *first, double *second);
/// The same for networks in float32: gradients and moments are float32, parameters stay float64, so that small steps add up, and
/// are written rounded to `rounded` as well.
void adam_step(const AdamStep &adam, std::int64_t n, const float *g, double *parameters, float *rounded, float *first,
               float *second);

/// Sum of g[i]^2, added up in float64: squares of float32 end at 1e38. The same bits for any number of threads.
double sum_of_squares(std::int64_t n, const double *g);
double sum_of_squares(std::int64_t n, const float *g);

}    // namespace cgflow::kernels

#endif
