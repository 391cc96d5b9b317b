// SPDX-License-Identifier: GPL-2.0-only
// Points in space inside loops over lanes: work arrays are [quantity][kLanes], a point takes three quantities.
#ifndef CGFLOW_KERNELS_LANE_VECTOR_H
#define CGFLOW_KERNELS_LANE_VECTOR_H

#include "lanes.h"

namespace cgflow::kernels {

struct Vec {
  double x, y, z;
};
CGFLOW_INLINE Vec operator+(const Vec &a, const Vec &b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
CGFLOW_INLINE Vec operator-(const Vec &a, const Vec &b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
CGFLOW_INLINE Vec operator*(double f, const Vec &a) { return {f * a.x, f * a.y, f * a.z}; }
CGFLOW_INLINE double dot(const Vec &a, const Vec &b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
CGFLOW_INLINE Vec cross(const Vec &a, const Vec &b)
{
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

/// Lane `l` of point `i` of points [n, 3, kLanes].
CGFLOW_INLINE Vec at(const double *points, int i, int l)
{
  const double *p = points + 3 * kLanes * i + l;
  return {p[0], p[kLanes], p[2 * kLanes]};
}
CGFLOW_INLINE void put(double *points, int i, int l, const Vec &v)
{
  double *p = points + 3 * kLanes * i + l;
  p[0] = v.x;
  p[kLanes] = v.y;
  p[2 * kLanes] = v.z;
}
CGFLOW_INLINE void add(double *points, int i, int l, const Vec &v) { put(points, i, l, at(points, i, l) + v); }

/// Rows of `size` numbers a structure, [batch, size] -> [size, kLanes].
CGFLOW_INLINE void load_rows(const Tile &t, int size, const double *from, double *to)
{
  for (int l = 0; l < kLanes; ++l) {
    const double *row = from + (t.first + (l < t.count ? l : t.count - 1)) * size;
    for (int k = 0; k < size; ++k) to[k * kLanes + l] = row[k];
  }
}
CGFLOW_INLINE void store_rows(const Tile &t, int size, const double *from, double *to)
{
  for (int l = 0; l < t.count; ++l) {
    double *row = to + (t.first + l) * size;
    for (int k = 0; k < size; ++k) row[k] = from[k * kLanes + l];
  }
}

}    // namespace cgflow::kernels

#endif
