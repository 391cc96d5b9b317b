// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_VECTOR_MATH_H
#define LMP_CGFLOW_VECTOR_MATH_H

#include <bit>
#include <cstdint>

namespace LAMMPS_NS::CGFlow {

// Logarithm and exponential without branches, tables or calls, for loops that the compiler is to vectorize: the calls of
// the C library keep it from that. Integer operations are those that SSE2 has for 64 bits.

/// ln v for a positive, normal, finite v; error below 3e-16 of the larger of 1 and |ln v|.
inline double vector_log(double v)
{
  // v = 2^e m, m in [sqrt(1/2), sqrt(2)).
  constexpr std::uint64_t kSqrtHalf = 0x3fe6a09e667f3bcdULL, kBias = 1023ULL << 52, kMantissa = (1ULL << 52) - 1;
  const std::uint64_t shifted = std::bit_cast<std::uint64_t>(v) - kSqrtHalf + kBias;
  const double m = std::bit_cast<double>((shifted & kMantissa) + kSqrtHalf);
  // An integer below 2^52 in the mantissa of 2^52 is that number plus 2^52.
  const double e = std::bit_cast<double>((shifted >> 52) | 0x4330000000000000ULL) - (0x1p52 + 1023.0);
  // ln m = 2 artanh(f), |f| < 0.1716: eleven terms leave 2e-17 of f.
  const double f = (m - 1.0) / (m + 1.0), g = f * f;
  double series = 1.0 / 21.0;
  series = series * g + 1.0 / 19.0;
  series = series * g + 1.0 / 17.0;
  series = series * g + 1.0 / 15.0;
  series = series * g + 1.0 / 13.0;
  series = series * g + 1.0 / 11.0;
  series = series * g + 1.0 / 9.0;
  series = series * g + 1.0 / 7.0;
  series = series * g + 1.0 / 5.0;
  series = series * g + 1.0 / 3.0;
  return e * 0.693147180559945309417 + (2.0 * f + 2.0 * f * g * series);
}

/// exp(-d) for d >= 0; relative error below 4e-16 up to d = 700, above that the value at 700 (1e-304).
inline double vector_exp_minus(double d)
{
  const double v = d < 700.0 ? -d : -700.0;
  // v = n ln 2 + t; adding 1.5 2^52 rounds to an integer, which then stands in the low bits.
  constexpr double kRound = 0x1.8p52;
  const double rounded = v * 1.44269504088896340736 + kRound, n = rounded - kRound;
  const double t = (v - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
  // |t| < 0.3466: up to t^13 leaves 4e-18.
  double series = 1.0 / 6227020800.0;
  series = series * t + 1.0 / 479001600.0;
  series = series * t + 1.0 / 39916800.0;
  series = series * t + 1.0 / 3628800.0;
  series = series * t + 1.0 / 362880.0;
  series = series * t + 1.0 / 40320.0;
  series = series * t + 1.0 / 5040.0;
  series = series * t + 1.0 / 720.0;
  series = series * t + 1.0 / 120.0;
  series = series * t + 1.0 / 24.0;
  series = series * t + 1.0 / 6.0;
  series = series * t + 0.5;
  series = series * t + 1.0;
  series = series * t + 1.0;
  const double power = std::bit_cast<double>((std::bit_cast<std::uint64_t>(rounded) + 1023ULL) << 52);
  return series * power;
}

}    // namespace LAMMPS_NS::CGFlow

#endif
