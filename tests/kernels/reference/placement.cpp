// SPDX-License-Identifier: GPL-2.0-only
#include "reference/placement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow::kernels::reference {
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
  double length, lever;    // length of the bond; distance of `dihedral` from the line through the bond
};

// Positions x [n, 3] of one internal vector q [3 n - 6].
void place_one(const InternalLayout &z, const double *q, double *x)
{
  put(x, z.rows[0].atom, {0.0, 0.0, 0.0});
  put(x, z.rows[1].atom, {q[z.bond(1)], 0.0, 0.0});
  const double r2 = q[z.bond(2)], a2 = q[z.angle(2)];
  put(x, z.rows[2].atom,
      at(x, z.rows[2].bond) + (z.rows[2].bond == z.rows[1].atom ? Vec{-r2 * std::cos(a2), r2 * std::sin(a2), 0.0}
                                                                : Vec{r2 * std::cos(a2), r2 * std::sin(a2), 0.0}));
  for (int i = 3; i < z.n_atoms(); ++i) {
    const ZRow &row = z.rows[i];
    const Frame f(x, row);
    const double r = q[z.bond(i)], a = q[z.angle(i)], d = q[z.dihedral(i)];
    const Vec across = std::cos(d) * f.e2 + std::sin(d) * f.e3;
    put(x, row.atom, at(x, row.bond) + r * (std::sin(a) * across - std::cos(a) * f.u));
  }
}

// Derivative by q of a function whose derivative by x is g; g is overwritten. The vector r from `bond` to an atom rotates
// with the frame of the three atoms that it refers to. With the torque t = r x g, a shift of `dihedral` rotates the frame
// about u by its component across the bond. A shift of `bond` or `angle` rotates u itself, which also moves `dihedral`
// relative to the frame.
void pull_one(const InternalLayout &z, const double *q, const double *x, double *g, double *gq)
{
  for (int i = z.n_atoms() - 1; i >= 3; --i) {
    const ZRow &row = z.rows[i];
    const Frame f(x, row);
    const Vec force = at(g, row.atom), r = at(x, row.atom) - at(x, row.bond);
    const double length = q[z.bond(i)], a = q[z.angle(i)], d = q[z.dihedral(i)];
    const Vec across = std::cos(d) * f.e2 + std::sin(d) * f.e3;
    gq[z.bond(i)] = dot(force, std::sin(a) * across - std::cos(a) * f.u);
    gq[z.angle(i)] = length * dot(force, std::cos(a) * across + std::sin(a) * f.u);
    const Vec torque = cross(r, force);
    const double about = dot(torque, f.u);
    gq[z.dihedral(i)] = about;
    const Vec rest = torque - (about / f.lever) * cross(f.w, f.e3);
    const Vec turn = (1.0 / f.length) * cross(rest, f.u);
    const Vec swing = (about / f.lever) * f.e3;
    add(g, row.dihedral, swing);
    add(g, row.angle, -1.0 * (swing + turn));
    add(g, row.bond, force + turn);
  }
  const Vec third = at(g, z.rows[2].atom);
  const double r2 = q[z.bond(2)], a2 = q[z.angle(2)];
  const bool on_second = z.rows[2].bond == z.rows[1].atom;
  const double sign = on_second ? -1.0 : 1.0;
  gq[z.bond(2)] = sign * std::cos(a2) * third.x + std::sin(a2) * third.y;
  gq[z.angle(2)] = r2 * (-sign * std::sin(a2) * third.x + std::cos(a2) * third.y);
  gq[z.bond(1)] = g[3 * z.rows[1].atom] + (on_second ? third.x : 0.0);
}

// Structure i's internal vector, and whether it lies in the domain.
bool internal_vector(const InternalSources &sources, std::int64_t batch, std::int64_t i, const double *s, const double *fine,
                     std::vector<double> &q)
{
  bool inside = true;
  for (std::size_t k = 0; k < q.size(); ++k) {
    const auto &source = sources.source[k];
    const int f = source.from - sources.n_cv;
    const double value = f < 0 ? s[source.from * batch + i] : fine[f * batch + i];
    if (f >= 0) inside = inside && value > sources.lo[f] && value < sources.hi[f];
    q[k] = source.factor * value + source.offset;
  }
  for (const auto &c : sources.couplings) q[c.to] += c.factor * q[c.from];
  return inside;
}

double clamped(double size) { return size < 1e-100 ? 1e-100 : (size > 1e100 ? 1e100 : size); }
bool is_clamped(double size) { return size < 1e-100 || size > 1e100; }

}    // namespace

void place(const InternalLayout &layout, const InternalSources &sources, std::int64_t batch, const double *s,
           const double *fine, double *x, double *log_det)
{
  const int n = layout.n_atoms();
  std::vector<double> q(layout.n_internal());
  for (std::int64_t i = 0; i < batch; ++i) {
    double *row = x + i * 3 * n;
    const bool inside = internal_vector(sources, batch, i, s, fine, q);
    place_one(layout, q.data(), row);
    if (!inside) std::fill(row, row + 3 * n, std::numeric_limits<double>::quiet_NaN());
    log_det[i] = 0.0;
    for (const auto &source : sources.source) log_det[i] += std::log(std::fabs(source.factor));
    for (int k = 1; k < n; ++k) log_det[i] += 2.0 * std::log(clamped(std::fabs(q[layout.bond(k)])));
    for (int k = 2; k < n; ++k) log_det[i] += std::log(clamped(std::fabs(std::sin(q[layout.angle(k)]))));
  }
}

void place_back(const InternalLayout &layout, const InternalSources &sources, std::int64_t batch, const double *s,
                const double *fine, const double *gx, const double *g_log_det, double *gs, double *g_fine)
{
  const int n = layout.n_atoms();
  std::vector<double> q(layout.n_internal()), gq(layout.n_internal()), x(3 * n), g(3 * n);
  for (std::int64_t i = 0; i < batch; ++i) {
    const bool inside = internal_vector(sources, batch, i, s, fine, q);
    place_one(layout, q.data(), x.data());
    for (int k = 0; k < 3 * n; ++k) g[k] = inside && gx ? gx[i * 3 * n + k] : 0.0;
    pull_one(layout, q.data(), x.data(), g.data(), gq.data());
    if (g_log_det) {
      for (int k = 1; k < n; ++k) {
        const double r = q[layout.bond(k)];
        if (!is_clamped(std::fabs(r))) gq[layout.bond(k)] += 2.0 * g_log_det[i] / r;
      }
      for (int k = 2; k < n; ++k) {
        const double a = q[layout.angle(k)];
        if (!is_clamped(std::fabs(std::sin(a)))) gq[layout.angle(k)] += g_log_det[i] * std::cos(a) / std::sin(a);
      }
    }
    for (const auto &c : sources.couplings) gq[c.from] += c.factor * gq[c.to];
    for (std::size_t k = 0; k < q.size(); ++k) {
      const auto &source = sources.source[k];
      const int f = source.from - sources.n_cv;
      (f < 0 ? gs[source.from * batch + i] : g_fine[f * batch + i]) = source.factor * gq[k];
    }
  }
}

}    // namespace cgflow::kernels::reference
