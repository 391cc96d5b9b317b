// SPDX-License-Identifier: GPL-2.0-only
// The result of map_affine() for one sample, in plain loops. T is double or any number type with derivatives.
#ifndef CGFLOW_KERNELS_REFERENCE_AFFINE_MAP_H
#define CGFLOW_KERNELS_REFERENCE_AFFINE_MAP_H

#include "kernels/affine_map.h"

#include <cmath>
#include <vector>

namespace cgflow::kernels::reference {

template <class T> struct AffineValue {
  std::vector<T> y;    // [n]
  T log_det;
};

/// x [n] in the order of the map's rows, raw parameters of this sample.
template <class T>
AffineValue<T> affine_map(const AffineMap &map, Direction direction, const std::vector<T> &x, const std::vector<T> &raw)
{
  using std::exp, std::tanh;
  const bool inverse = direction == Direction::inverse;
  AffineValue<T> r{std::vector<T>(map.n), T(0.0)};
  for (int i = 0; i < map.n; ++i) {
    const T mean = raw[map.step * i], log_scale = map.limit * tanh(raw[map.step * i + map.scale] / map.limit);
    T mixed = 0.0;
    for (int j = 0; map.mixes && j < i; ++j) mixed = mixed + raw[map.lower + i * (i - 1) / 2 + j] * (inverse ? r.y : x)[j];
    r.y[i] = inverse ? (x[i] - mean) * exp(-1.0 * log_scale) - mixed : mean + exp(log_scale) * (x[i] + mixed);
    r.log_det = r.log_det + (inverse ? -1.0 : 1.0) * log_scale;
  }
  return r;
}

}    // namespace cgflow::kernels::reference

#endif
