// SPDX-License-Identifier: GPL-2.0-only
#include "placement.h"

#include <cmath>

namespace cgflow {
namespace {

struct Vec {
  double x, y, z;
};
Vec at(const double *x, int atom) { return {x[3 * atom], x[3 * atom + 1], x[3 * atom + 2]}; }
Vec operator+(const Vec &a, const Vec &b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
Vec operator-(const Vec &a, const Vec &b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
Vec operator*(double f, const Vec &a) { return {f * a.x, f * a.y, f * a.z}; }
double dot(const Vec &a, const Vec &b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
Vec cross(const Vec &a, const Vec &b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
void put(double *x, int atom, const Vec &v)
{
  x[3 * atom] = v.x;
  x[3 * atom + 1] = v.y;
  x[3 * atom + 2] = v.z;
}
void add(double *x, int atom, const Vec &v) { put(x, atom, at(x, atom) + v); }

// Right-handed axes at the bond from `angle` to `bond`: u along it, e2 across it towards `dihedral`.
struct Frame {
  Frame(const double *x, const ZRow &row)
  {
    const Vec axis = at(x, row.bond) - at(x, row.angle);
    length = std::sqrt(dot(axis, axis));
    u = (1.0 / length) * axis;
    w = at(x, row.dihedral) - at(x, row.angle);
    const Vec across = w - dot(w, u) * u;
    lever = std::sqrt(dot(across, across));
    e2 = (1.0 / lever) * across;
    e3 = cross(u, e2);
  }
  Vec u, e2, e3, w;
  double length, lever;    // of the bond; distance of `dihedral` from its line
};

}    // namespace

void Placement::place(const double *q, double *x) const
{
  put(x, rows_[0].atom, {0.0, 0.0, 0.0});
  put(x, rows_[1].atom, {q[bond(1)], 0.0, 0.0});
  const double r2 = q[bond(2)], a2 = q[angle(2)];
  put(x, rows_[2].atom,
      at(x, rows_[2].bond) + (rows_[2].bond == rows_[1].atom ? Vec{-r2 * std::cos(a2), r2 * std::sin(a2), 0.0}
                                                             : Vec{r2 * std::cos(a2), r2 * std::sin(a2), 0.0}));
  for (int i = 3; i < n_atoms(); ++i) {
    const ZRow &row = rows_[i];
    const Frame f(x, row);
    const double r = q[bond(i)], a = q[angle(i)], d = q[dihedral(i)];
    const Vec across = std::cos(d) * f.e2 + std::sin(d) * f.e3;
    put(x, row.atom, at(x, row.bond) + r * (std::sin(a) * across - std::cos(a) * f.u));
  }
}

// An atom's place r from `bond` turns with the frame of the three atoms it refers to. With the torque t = r x g, a shift of
// `dihedral` turns the frame about u by its share across the bond, and a shift of `bond` or `angle` turns u itself, which
// also moves `dihedral` relative to the frame.
void Placement::pull_back(const double *q, const double *x, double *g, double *gq) const
{
  for (int i = n_atoms() - 1; i >= 3; --i) {
    const ZRow &row = rows_[i];
    const Frame f(x, row);
    const Vec force = at(g, row.atom), r = at(x, row.atom) - at(x, row.bond);
    const double length = q[bond(i)], a = q[angle(i)], d = q[dihedral(i)];
    const Vec across = std::cos(d) * f.e2 + std::sin(d) * f.e3;
    gq[bond(i)] = dot(force, std::sin(a) * across - std::cos(a) * f.u);
    gq[angle(i)] = length * dot(force, std::cos(a) * across + std::sin(a) * f.u);
    const Vec torque = cross(r, force);
    const double about = dot(torque, f.u);
    gq[dihedral(i)] = about;
    const Vec rest = torque - (about / f.lever) * cross(f.w, f.e3);
    const Vec turn = (1.0 / f.length) * cross(rest, f.u);
    const Vec swing = (about / f.lever) * f.e3;
    add(g, row.dihedral, swing);
    add(g, row.angle, -1.0 * (swing + turn));
    add(g, row.bond, force + turn);
  }
  const Vec third = at(g, rows_[2].atom);
  const double r2 = q[bond(2)], a2 = q[angle(2)];
  const bool on_second = rows_[2].bond == rows_[1].atom;
  const double sign = on_second ? -1.0 : 1.0;
  gq[bond(2)] = sign * std::cos(a2) * third.x + std::sin(a2) * third.y;
  gq[angle(2)] = r2 * (-sign * std::sin(a2) * third.x + std::cos(a2) * third.y);
  gq[bond(1)] = g[3 * rows_[1].atom] + (on_second ? third.x : 0.0);
}

}    // namespace cgflow
