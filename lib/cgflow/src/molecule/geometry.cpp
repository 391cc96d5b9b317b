// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/geometry.h"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace cgflow {

namespace {

using Vector = std::array<double, 3>;

constexpr double kDegrees = 180.0 / std::numbers::pi;

Vector from_to(const double *a, const double *b) { return {b[0] - a[0], b[1] - a[1], b[2] - a[2]}; }

Vector cross(const Vector &u, const Vector &v)
{
  return {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
}

double dot(const Vector &u, const Vector &v) { return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]; }

double length(const Vector &u) { return std::sqrt(dot(u, u)); }

}    // namespace

double distance(const double *a, const double *b) { return length(from_to(a, b)); }

// atan2 instead of acos, which loses half of the digits near 0 and 180 degrees.
double angle(const double *a, const double *b, const double *c)
{
  const Vector u = from_to(b, a), v = from_to(b, c);
  return kDegrees * std::atan2(length(cross(u, v)), dot(u, v));
}

double dihedral(const double *a, const double *b, const double *c, const double *d)
{
  const Vector u = from_to(a, b), v = from_to(b, c), w = from_to(c, d);
  const Vector m = cross(u, v), n = cross(v, w);
  const double cosine = dot(m, n), sine = length(v) * dot(u, n);
  if (dot(m, m) == 0.0 || dot(n, n) == 0.0) return std::numeric_limits<double>::quiet_NaN();
  const double degrees = kDegrees * std::atan2(sine, cosine);
  return degrees >= 180.0 ? -180.0 : degrees;
}

double triple_product(const double *a, const double *b, const double *c, const double *d)
{
  return dot(cross(from_to(a, b), from_to(a, c)), from_to(a, d));
}

}    // namespace cgflow
