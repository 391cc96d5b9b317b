// SPDX-License-Identifier: GPL-2.0-only
#include "reference/measurement.h"

#include <array>
#include <cmath>

namespace cgflow::kernels::reference {
namespace {

// A number and its derivatives by the coordinates of the four atoms of a row.
struct Dual {
  double v = 0.0;
  std::array<double, 12> d{};
};
Dual chain(double v, const Dual &a, double by_a, const Dual &b, double by_b)
{
  Dual out{v, {}};
  for (int k = 0; k < 12; ++k) out.d[k] = by_a * a.d[k] + by_b * b.d[k];
  return out;
}
Dual operator+(const Dual &a, const Dual &b) { return chain(a.v + b.v, a, 1.0, b, 1.0); }
Dual operator-(const Dual &a, const Dual &b) { return chain(a.v - b.v, a, 1.0, b, -1.0); }
Dual operator*(const Dual &a, const Dual &b) { return chain(a.v * b.v, a, b.v, b, a.v); }
Dual root(const Dual &a)
{
  const double v = std::sqrt(a.v);
  return chain(v, a, 0.5 / v, a, 0.0);
}
Dual arctangent(const Dual &y, const Dual &x)
{
  const double square = x.v * x.v + y.v * y.v;
  return chain(std::atan2(y.v, x.v), y, x.v / square, x, -y.v / square);
}

using Vec = std::array<Dual, 3>;
Vec operator-(const Vec &a, const Vec &b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Dual dot(const Vec &a, const Vec &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vec cross(const Vec &a, const Vec &b)
{
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
Dual length(const Vec &a) { return root(dot(a, a)); }

struct Structure {
  Structure(const InternalLayout &l, const InternalSources &so, const InternalRanges &r, const double *positions)
      : layout(l), sources(so), ranges(r), x(positions, positions + 3 * l.n_atoms()), came_from(l.n_atoms())
  {
    for (int i = 0; i < l.n_atoms(); ++i) came_from[i] = i;
    measure();
    if (ranges.rotors.empty()) return;
    rename();
    measure();
  }

  // Coordinates of atom k of a row among those of its four atoms.
  Vec atom(const ZRow &row, int k) const
  {
    const int atoms[4] = {row.atom, row.bond, row.angle, row.dihedral};
    Vec out;
    for (int c = 0; c < 3; ++c) {
      out[c].v = x[3 * atoms[k] + c];
      out[c].d[3 * k + c] = 1.0;
    }
    return out;
  }

  void measure()
  {
    q.assign(layout.n_internal(), {});
    for (int i = 1; i < layout.n_atoms(); ++i) {
      const ZRow &row = layout.rows[i];
      q[layout.bond(i)] = length(atom(row, 0) - atom(row, 1));
      if (i < 2) continue;
      const Vec a = atom(row, 0) - atom(row, 1), b = atom(row, 2) - atom(row, 1);
      q[layout.angle(i)] = arctangent(length(cross(a, b)), dot(a, b));
      if (i < 3) continue;
      // IUPAC sign: positive when, looking along the middle bond, the far atom is clockwise of the near one.
      const Vec b1 = atom(row, 2) - atom(row, 3), b2 = atom(row, 1) - atom(row, 2), b3 = atom(row, 0) - atom(row, 1);
      const Vec n1 = cross(b1, b2), n2 = cross(b2, b3);
      q[layout.dihedral(i)] = arctangent(length(b2) * dot(b1, n2), dot(n1, n2));
    }
    for (std::size_t k = 0; k < q.size(); ++k) wrap(ranges.q[k], q[k].v);
    z.resize(q.size());
    for (std::size_t k = 0; k < q.size(); ++k) z[k] = q[k].v;
    for (const auto &c : sources.couplings) z[c.to] -= c.factor * q[c.from].v;
    for (std::size_t k = 0; k < q.size(); ++k) z[k] = (z[k] - sources.source[k].offset) / sources.source[k].factor;
  }

  static void wrap(const InternalRanges::Range &range, double &value)
  {
    if (range.period > 0.0) value -= std::floor((value - range.lo) / range.period) * range.period;
  }

  void rename()
  {
    const std::vector<double> before = x;
    for (const auto &rotor : ranges.rotors) {
      const auto &range = ranges.z[rotor.row];
      const double turns = std::floor((z[rotor.row] - range.lo) / range.period);
      if (!std::isfinite(turns)) continue;
      const int n = rotor.count, shift = static_cast<int>(turns - n * std::floor(turns / n));
      for (int m = 0; m < n; ++m) {
        const int to = ranges.ends[rotor.first + m], from = ranges.ends[rotor.first + (m - shift + n) % n];
        came_from[to] = from;
        for (int c = 0; c < 3; ++c) x[3 * to + c] = before[3 * from + c];
      }
    }
  }

  const InternalLayout &layout;
  const InternalSources &sources;
  const InternalRanges &ranges;
  std::vector<double> x;         // [n, 3], in the order of the map's labels
  std::vector<int> came_from;    // [n]
  std::vector<Dual> q;           // [3 n - 6]
  std::vector<double> z;         // [3 n - 6], at the places of their entries
};

}    // namespace

void measure(const InternalLayout &layout, const InternalSources &sources, const InternalRanges &ranges, std::int64_t batch,
             const double *x, double *s, double *fine, double *log_det)
{
  for (std::int64_t i = 0; i < batch; ++i) {
    Structure structure(layout, sources, ranges, x + i * 3 * layout.n_atoms());
    for (std::size_t k = 0; k < structure.z.size(); ++k) {
      Structure::wrap(ranges.z[k], structure.z[k]);
      const int from = sources.source[k].from, f = from - sources.n_cv;
      (f < 0 ? s[from * batch + i] : fine[f * batch + i]) = structure.z[k];
    }
    log_det[i] = 0.0;
    for (const auto &source : sources.source) log_det[i] += std::log(std::fabs(source.factor));
    for (int k = 1; k < layout.n_atoms(); ++k) log_det[i] += 2.0 * std::log(structure.q[layout.bond(k)].v);
    for (int k = 2; k < layout.n_atoms(); ++k) log_det[i] += std::log(std::sin(structure.q[layout.angle(k)].v));
  }
}

void measure_back(const InternalLayout &layout, const InternalSources &sources, const InternalRanges &ranges,
                  std::int64_t batch, const double *x, const double *gs, const double *g_fine, const double *g_log_det,
                  double *gx)
{
  const int n = layout.n_atoms();
  for (std::int64_t i = 0; i < batch; ++i) {
    const Structure structure(layout, sources, ranges, x + i * 3 * n);
    const auto &q = structure.q;
    std::vector<double> gq(q.size());
    for (std::size_t k = 0; k < q.size(); ++k) {
      const int from = sources.source[k].from, f = from - sources.n_cv;
      gq[k] = (f < 0 ? gs[from * batch + i] : g_fine[f * batch + i]) / sources.source[k].factor;
    }
    for (const auto &c : sources.couplings) gq[c.from] -= c.factor * gq[c.to];
    for (int k = 1; k < n; ++k) gq[layout.bond(k)] += 2.0 * g_log_det[i] / q[layout.bond(k)].v;
    for (int k = 2; k < n; ++k) gq[layout.angle(k)] += g_log_det[i] / std::tan(q[layout.angle(k)].v);
    double *g = gx + i * 3 * n;
    for (int k = 0; k < 3 * n; ++k) g[k] = 0.0;
    const auto add = [&](const ZRow &row, int parts, int entry) {
      const int atoms[4] = {row.atom, row.bond, row.angle, row.dihedral};
      for (int a = 0; a < parts; ++a)
        for (int c = 0; c < 3; ++c) g[3 * structure.came_from[atoms[a]] + c] += gq[entry] * q[entry].d[3 * a + c];
    };
    for (int k = 1; k < n; ++k) {
      add(layout.rows[k], 2, layout.bond(k));
      if (k >= 2) add(layout.rows[k], 3, layout.angle(k));
      if (k >= 3) add(layout.rows[k], 4, layout.dihedral(k));
    }
  }
}

}    // namespace cgflow::kernels::reference
