// SPDX-License-Identifier: GPL-2.0-only
// A number with its derivative along one direction. With it the plain-loop reference of a kernel also is the reference of
// its derivatives.
#ifndef CGFLOW_TESTS_KERNELS_DUAL_H
#define CGFLOW_TESTS_KERNELS_DUAL_H

#include <cmath>

namespace cgflow_test {

struct Dual {
  double v = 0.0, d = 0.0;
  Dual(double value = 0.0, double derivative = 0.0) : v(value), d(derivative) {}
};
inline Dual operator+(const Dual &a, const Dual &b) { return {a.v + b.v, a.d + b.d}; }
inline Dual operator-(const Dual &a, const Dual &b) { return {a.v - b.v, a.d - b.d}; }
inline Dual operator*(const Dual &a, const Dual &b) { return {a.v * b.v, a.v * b.d + a.d * b.v}; }
inline Dual operator/(const Dual &a, const Dual &b) { return {a.v / b.v, (a.d - a.v / b.v * b.d) / b.v}; }
inline bool operator>=(const Dual &a, const Dual &b) { return a.v >= b.v; }
inline bool operator<=(const Dual &a, const Dual &b) { return a.v <= b.v; }
inline Dual exp(const Dual &a) { return {std::exp(a.v), std::exp(a.v) * a.d}; }
inline Dual log(const Dual &a) { return {std::log(a.v), a.d / a.v}; }
inline Dual sqrt(const Dual &a) { return {std::sqrt(a.v), 0.5 * a.d / std::sqrt(a.v)}; }
inline Dual floor(const Dual &a) { return {std::floor(a.v), 0.0}; }
inline Dual tanh(const Dual &a)
{
  const double t = std::tanh(a.v);
  return {t, (1.0 - t * t) * a.d};
}

}    // namespace cgflow_test

#endif
