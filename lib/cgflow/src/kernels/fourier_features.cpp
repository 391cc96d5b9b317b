// SPDX-License-Identifier: GPL-2.0-only
#include "fourier_features.h"

#include "lanes.h"

#include <cmath>

namespace cgflow::kernels {
namespace {

struct Waves {
  double *cosine, *sine;    // [modes or multiples, kLanes]
};

// The largest multiple of an angle in any mode.
CGFLOW_INLINE int largest_multiple(const FourierModes &modes)
{
  int most = 0;
  for (int j = 0; j < modes.d; ++j) most = modes.highest[j] > most ? modes.highest[j] : most;
  return most;
}

// Cosines and sines of the multiples 0 to highest of one angle in each lane.
CGFLOW_INLINE void multiples(int highest, const double *angle, const Waves &w)
{
  for (int k = 0; k <= highest; ++k) {
    double *c = w.cosine + k * kLanes, *s = w.sine + k * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) c[l] = cos(k * angle[l]);
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) s[l] = sin(k * angle[l]);
  }
}

// Multiplies each mode's product so far by the wave of one more angle.
CGFLOW_INLINE void times(std::int64_t n, const int *k, const Waves &one, const Waves &all)
{
  for (std::int64_t m = 0; m < n; ++m) {
    const int multiple = k[m] < 0 ? -k[m] : k[m];
    const double sign = k[m] < 0 ? -1.0 : 1.0;
    const double *c = one.cosine + multiple * kLanes, *s = one.sine + multiple * kLanes;
    double *ac = all.cosine + m * kLanes, *as = all.sine + m * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double sine = sign * s[l], old = ac[l];
      ac[l] = old * c[l] - as[l] * sine;
      as[l] = as[l] * c[l] + old * sine;
    }
  }
}

CGFLOW_CLONES void tile_of(const FourierModes &modes, const Tile &tile, const double *angles, std::int64_t width,
                           double *out, double *space)
{
  TakeLanes take{space};
  double *angle = take(1);
  const int count = largest_multiple(modes) + 1;
  const Waves one{take(count), take(count)};
  double *block = take(static_cast<int>(2 * modes.n));
  const Waves all{block, block + modes.n * kLanes};
  for (std::int64_t i = 0; i < modes.n * kLanes; ++i) all.cosine[i] = 1.0, all.sine[i] = 0.0;
  for (int j = 0; j < modes.d; ++j) {
    for (int l = 0; l < kLanes; ++l) angle[l] = angles[(tile.first + (l < tile.count ? l : tile.count - 1)) * modes.d + j];
    multiples(modes.highest[j], angle, one);
    times(modes.n, modes.k + j * modes.n, one, all);
  }
  for (int l = 0; l < tile.count; ++l) {
    double *row = out + (tile.first + l) * width;
    const std::int64_t last = 2 * modes.n;
    for (std::int64_t m = 0; m < last; ++m) row[m] = block[m * kLanes + l];
    row[last] = 1.0;
    for (std::int64_t m = last + 1; m < width; ++m) row[m] = 0.0;
  }
}

}    // namespace

void fourier_features(const FourierModes &modes, std::int64_t points, const double *angles, std::int64_t width, double *out)
{
  const std::int64_t quantities = 1 + 2 * modes.n + 2 * (largest_multiple(modes) + 1);
  for_each_tile("cgflow::fourier_features", points, quantities,
                [&](const Tile &tile, double *space) { tile_of(modes, tile, angles, width, out, space); });
}

}    // namespace cgflow::kernels
