// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_ADAM_STEP_H
#define CGFLOW_KERNELS_ADAM_STEP_H

#include <cstdint>

namespace cgflow::kernels {

/// Step number `step`, counted from 1, of Adam (Kingma and Ba 2015, Algorithm 1) on n parameters with gradients factor * g.
/// Moments and parameters are read and written once, and a scaled or clipped gradient is not stored. All arrays are [n].
struct AdamStep {
  double rate, beta1, beta2, epsilon;
  std::int64_t step;
  double factor = 1.0;
};
void adam_step(const AdamStep &adam, std::int64_t n, const double *g, double *parameters, double *first, double *second);
/// The same for networks in float32. Gradients and moments are float32. Parameters stay float64, so that small steps add up;
/// their float32 values are written to `rounded`.
void adam_step(const AdamStep &adam, std::int64_t n, const float *g, double *parameters, float *rounded, float *first,
               float *second);

/// Sum of g[i]^2 in float64, because squares of float32 overflow at 1e38. It has the same bits for any number of threads.
double sum_of_squares(std::int64_t n, const double *g);
double sum_of_squares(std::int64_t n, const float *g);

}    // namespace cgflow::kernels

#endif
