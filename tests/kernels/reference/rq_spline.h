// SPDX-License-Identifier: GPL-2.0-only
// The result of map_rq_splines() for one coordinate of one sample, in plain loops. T is double or any number type with
// derivatives, so that the derivatives have the same reference.
#ifndef CGFLOW_KERNELS_REFERENCE_RQ_SPLINE_H
#define CGFLOW_KERNELS_REFERENCE_RQ_SPLINE_H

#include "kernels/rq_splines.h"

#include <cmath>
#include <numbers>
#include <vector>

namespace cgflow::kernels::reference {

template <class T> struct SplineValue {
  T y, log_det;
};

template <class T> std::vector<T> knots(const T *raw, int bins, double least, double half_width)
{
  using std::exp;
  T sum = 0.0;
  for (int k = 0; k < bins; ++k) sum = sum + exp(raw[k]);
  std::vector<T> at{T(-half_width)};
  for (int k = 0; k < bins; ++k)
    at.push_back(at.back() + 2.0 * half_width * (least + (1.0 - least * bins) * exp(raw[k]) / sum));
  at.back() = T(half_width);
  return at;
}

/// x and raw parameters [n_parameters()] of one coordinate.
template <class T>
SplineValue<T> rq_spline(const RqSplines &s, Direction direction, const T &x, const std::vector<T> &parameters)
{
  using std::exp, std::log, std::sqrt, std::tanh, std::floor;
  std::vector<T> raw = parameters;
  const bool inverse = direction == Direction::inverse;
  const auto wrap = [](const T &a) {
    constexpr double pi = std::numbers::pi;
    return a - 2.0 * pi * floor((a + pi) / (2.0 * pi));
  };
  T turn = 0.0;
  if (s.circular) {
    turn = raw[0];
    raw.erase(raw.begin());
  }
  if (s.limit > 0.0)
    for (T &r : raw) r = s.limit * tanh(s.gain / s.limit * r);
  const T v = s.circular && inverse ? wrap(x - turn) : x;
  if (!s.circular && !(v >= -s.half_width && v <= s.half_width)) return {x, T(0.0)};

  const std::vector<T> kx = knots(raw.data(), s.bins, kMinBinWidth, s.half_width);
  const std::vector<T> ky = knots(raw.data() + s.bins, s.bins, kMinBinHeight, s.half_width);
  const double shift = std::log(std::exp(1.0 - kMinDerivative) - 1.0);
  std::vector<T> d;
  if (!s.circular) d.push_back(T(1.0));
  for (std::size_t k = 2 * s.bins; k < raw.size(); ++k) d.push_back(kMinDerivative + log(1.0 + exp(raw[k] + shift)));
  d.push_back(s.circular ? d[0] : T(1.0));

  int bin = 0;
  while (bin + 1 < s.bins && v >= (inverse ? ky : kx)[bin + 1]) ++bin;
  const T width = kx[bin + 1] - kx[bin], height = ky[bin + 1] - ky[bin], slope = height / width;
  const T d0 = d[bin], d1 = d[bin + 1], curvature = d0 + d1 - 2.0 * slope;
  T theta;
  if (inverse) {
    const T rise = v - ky[bin];
    const T a = height * (slope - d0) + rise * curvature, b = height * d0 - rise * curvature, c = -1.0 * slope * rise;
    theta = 2.0 * c / (-1.0 * b - sqrt(b * b - 4.0 * a * c));
  } else
    theta = (v - kx[bin]) / width;
  const T rest = 1.0 - theta, denominator = slope + curvature * theta * rest;
  const T log_det = 2.0 * log(slope / denominator) + log(d1 * theta * theta + 2.0 * slope * theta * rest + d0 * rest * rest);
  if (inverse) return {kx[bin] + width * theta, -1.0 * log_det};
  const T y = ky[bin] + height * (slope * theta * theta + d0 * theta * rest) / denominator;
  return {s.circular ? wrap(y + turn) : y, log_det};
}

}    // namespace cgflow::kernels::reference

#endif
