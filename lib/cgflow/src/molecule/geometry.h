// SPDX-License-Identifier: GPL-2.0-only
// Internal coordinates of points in space. Each argument is a point [3].
#ifndef CGFLOW_SRC_GEOMETRY_H
#define CGFLOW_SRC_GEOMETRY_H

namespace cgflow {

/// Distance of two points.
double distance(const double *a, const double *b);

/// Angle a-b-c in degrees, [0, 180].
double angle(const double *a, const double *b, const double *c);

/// Dihedral a-b-c-d in degrees, [-180, 180), IUPAC sign: 0 is cis, and a clockwise rotation from a to d, seen along b-c, is
/// positive. NaN when three points in a row are collinear.
double dihedral(const double *a, const double *b, const double *c, const double *d);

/// (b - a) x (c - a) . (d - a): six times the signed volume of the tetrahedron. Its sign is the chirality of b, c, d
/// around a.
double triple_product(const double *a, const double *b, const double *c, const double *d);

}    // namespace cgflow

#endif
