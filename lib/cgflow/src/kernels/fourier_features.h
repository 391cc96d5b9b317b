// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_FOURIER_FEATURES_H
#define CGFLOW_KERNELS_FOURIER_FEATURES_H

#include <cstdint>

namespace cgflow::kernels {

/// Modes exp(i sum_j k_j a_j) of d angles.
struct FourierModes {
  int d = 0;
  std::int64_t n = 0;
  const int *k = nullptr;          // [d, n]
  const int *highest = nullptr;    // [d], largest |k| of each angle
};

/// Writes for each point the cosines of all modes, the sines of all modes, a 1, and zeros up to `width` >= 2 modes.n + 1.
/// angles [points, d] in radians, out [points, width]. A mode is a product of waves of single angles, so sines and cosines
/// are computed for the multiples of each angle alone (a dozen in two dimensions, with 256 modes).
void fourier_features(const FourierModes &modes, std::int64_t points, const double *angles, std::int64_t width, double *out);

}    // namespace cgflow::kernels

#endif
