// SPDX-License-Identifier: GPL-2.0-only
#include "placement.h"

#include "internal_volume.h"

#include <limits>

namespace cgflow::kernels {

namespace {
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A Placement as the loops read it, with plain pointers.
struct Plan {
  int n_atoms, n_cv, n_couplings;
  double log_factors;
  const ZRow *rows;
  const InternalSources::Source *source;
  const InternalSources::Coupling *couplings;
  const double *lo, *hi;

  CGFLOW_INLINE int n_internal() const { return 3 * n_atoms - 6; }
  CGFLOW_INLINE int n_turns() const { return 2 * n_atoms - 5; }    // number of angles and dihedrals
  CGFLOW_INLINE int angle(int row) const { return n_atoms - 1 + row - 2; }
  CGFLOW_INLINE int dihedral(int row) const { return 2 * n_atoms - 3 + row - 3; }
};

// Numbers that are kept of a row's frame. The frame is a right-handed set of axes at the bond from atom `angle` to atom
// `bond`: u along the bond, e3 normal to the plane of the bond and atom `dihedral`, e2 = e3 x u. Kept are u, e3, the inverse
// of the bond's length, the inverse distance of atom `dihedral` from the bond's line, and the position of that atom along
// the line.
constexpr int kFrame = 9;

struct Space {
  CGFLOW_INLINE Space(const Plan &p, double *space)
  {
    TakeLanes take{space};
    q = take(p.n_internal());
    sine = take(p.n_turns());
    cosine = take(p.n_turns());
    x = take(3 * p.n_atoms);
    outside = take(1);
    log_det = take(1);
    frame = take(kFrame * (p.n_atoms - 3));
    g = take(3 * p.n_atoms);
    gq = take(p.n_internal());
  }
  static int forward(int n) { return 3 * n - 6 + 2 * (2 * n - 5) + 3 * n + 2; }
  static int backward(int n) { return forward(n) + kFrame * (n - 3) + 3 * n + 3 * n - 6; }

  double *q, *sine, *cosine;    // [3 n - 6]; of angles and dihedrals [2 n - 5]
  double *x;                    // [n, 3]
  double *outside;              // [1], NaN outside the domain, else 0
  double *log_det;              // [1]
  double *frame, *g, *gq;       // for derivatives: [n - 3, kFrame], [n, 3], [3 n - 6]
};

CGFLOW_INLINE void load_internal(const Plan &p, std::int64_t batch, const Tile &t, const double *s, const double *fine,
                                 const Space &w)
{
  for (int l = 0; l < kLanes; ++l) w.outside[l] = 0.0;
  for (int i = 0; i < p.n_internal(); ++i) {
    const auto source = p.source[i];
    const int k = source.from - p.n_cv;
    double *q = w.q + i * kLanes;
    load_lanes(k < 0 ? s + source.from * batch : fine + k * batch, t, q);
    if (k >= 0) {
      const double lo = p.lo[k], hi = p.hi[k];
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) w.outside[l] = (q[l] > lo) & (q[l] < hi) ? w.outside[l] : kNaN;
    }
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) q[l] = source.factor * q[l] + source.offset;
  }
  for (int i = 0; i < p.n_couplings; ++i) {
    const auto c = p.couplings[i];
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.q[c.to * kLanes + l] += c.factor * w.q[c.from * kLanes + l];
  }
}

// In two loops: the compiler turns sin and cos of one argument in one loop into sincos, which has no vector form.
CGFLOW_INLINE void turn_functions(const Plan &p, const Space &w)
{
  const double *turns = w.q + (p.n_atoms - 1) * kLanes;
  for (int i = 0; i < p.n_turns() * kLanes; i += kLanes) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.sine[i + l] = sin(turns[i + l]);
  }
  for (int i = 0; i < p.n_turns() * kLanes; i += kLanes) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.cosine[i + l] = cos(turns[i + l]);
  }
}

template <bool kKeepFrames> CGFLOW_INLINE void place_atoms(const Plan &p, const Space &w)
{
  const int atom0 = p.rows[0].atom, atom1 = p.rows[1].atom;
  const ZRow third = p.rows[2];
  const double sign = third.bond == atom1 ? -1.0 : 1.0;
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    put(w.x, atom0, l, {0.0, 0.0, 0.0});
    put(w.x, atom1, l, {w.q[l], 0.0, 0.0});
    const double r = w.q[kLanes + l];
    put(w.x, third.atom, l, at(w.x, third.bond, l) + Vec{sign * r * w.cosine[l], r * w.sine[l], 0.0});
  }
  for (int i = 3; i < p.n_atoms; ++i) {
    const ZRow row = p.rows[i];
    const int angle = (i - 2) * kLanes, dihedral = (p.n_atoms - 2 + i - 3) * kLanes;
    double *frame = w.frame + kFrame * (i - 3) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec near = at(w.x, row.bond, l), far = at(w.x, row.angle, l);
      const Vec axis = near - far, to = at(w.x, row.dihedral, l) - far;
      // Scaled by the bond's squared length, so that the two square roots do not depend on each other.
      const double square = dot(axis, axis), projection = dot(to, axis);
      const Vec across = square * to - projection * axis;
      const double over_length = 1.0 / sqrt(square), over_across = 1.0 / sqrt(dot(across, across));
      const Vec u = over_length * axis, e2 = over_across * across, e3 = cross(u, e2);
      const double r = w.q[(i - 1) * kLanes + l], rs = r * w.sine[angle + l], rc = r * w.cosine[angle + l];
      put(w.x, row.atom, l, near + ((rs * w.cosine[dihedral + l]) * e2 + (rs * w.sine[dihedral + l]) * e3 - rc * u));
      if (kKeepFrames) {
        put(frame, 0, l, u);
        put(frame, 1, l, e3);
        put(frame, 2, l, {over_length, square * over_across, projection * over_length});
      }
    }
  }
}

CGFLOW_CLONES void place_tile(const Plan &p, std::int64_t batch, const Tile &t, const double *s, const double *fine,
                              double *space, double *x, double *log_det)
{
  const Space w(p, space);
  load_internal(p, batch, t, s, fine, w);
  turn_functions(p, w);
  internal_log_det(p.n_atoms, p.log_factors, w.q, w.sine, w.log_det);
  store_lanes(w.log_det, t, log_det);
  place_atoms<false>(p, w);
  for (int k = 0; k < 3 * p.n_atoms; ++k) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.x[k * kLanes + l] += w.outside[l];
  }
  store_rows(t, 3 * p.n_atoms, w.x, x);
}

// An atom at r from atom `bond` rotates with the frame of the three atoms that it refers to. Its derivative g gives the
// torque r x g. Atom `dihedral` rotates the frame about u by the part of its shift that is normal to the plane, divided by
// its distance from the bond's line. Atoms `bond` and `angle` rotate u itself, which also moves atom `dihedral` relative to
// the frame.
CGFLOW_INLINE void pull_atoms(const Plan &p, const Space &w)
{
  for (int i = p.n_atoms - 1; i >= 3; --i) {
    const ZRow row = p.rows[i];
    const int angle = (i - 2) * kLanes, dihedral = (p.n_atoms - 2 + i - 3) * kLanes;
    const double *frame = w.frame + kFrame * (i - 3) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec u = at(frame, 0, l), e3 = at(frame, 1, l), rest = at(frame, 2, l), e2 = cross(e3, u);
      const double over_length = rest.x, over_lever = rest.y, along = rest.z;
      const Vec force = at(w.g, row.atom, l);
      const double r = w.q[(i - 1) * kLanes + l], sine = w.sine[angle + l], cosine = w.cosine[angle + l];
      const Vec across = w.cosine[dihedral + l] * e2 + w.sine[dihedral + l] * e3;
      const Vec direction = sine * across - cosine * u;
      const Vec torque = r * cross(direction, force);
      const double about = dot(torque, u), twist = about * over_lever;
      w.gq[(i - 1) * kLanes + l] = dot(force, direction);
      w.gq[p.angle(i) * kLanes + l] = r * dot(force, cosine * across + sine * u);
      w.gq[p.dihedral(i) * kLanes + l] = about;
      const Vec swing = twist * e3;
      const Vec turn = over_length * (cross(torque, u) - along * swing);
      add(w.g, row.dihedral, l, swing);
      add(w.g, row.angle, l, -1.0 * (swing + turn));
      add(w.g, row.bond, l, force + turn);
    }
  }
  const ZRow third = p.rows[2];
  const int atom1 = p.rows[1].atom, angle = p.angle(2);
  const double on_second = third.bond == atom1 ? 1.0 : 0.0, sign = 1.0 - 2.0 * on_second;
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    const Vec force = at(w.g, third.atom, l);
    w.gq[kLanes + l] = sign * w.cosine[l] * force.x + w.sine[l] * force.y;
    w.gq[angle * kLanes + l] = w.q[kLanes + l] * (w.cosine[l] * force.y - sign * w.sine[l] * force.x);
    w.gq[l] = w.g[3 * atom1 * kLanes + l] + on_second * force.x;
  }
}

// From the derivatives by the internal vector, which it uses up, to those by s and fine.
CGFLOW_INLINE void store_gradient(const Plan &p, std::int64_t batch, const Tile &t, const Space &w,
                                  const Placement::Gradient &to)
{
  for (int i = 0; i < p.n_couplings; ++i) {
    const auto c = p.couplings[i];
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.gq[c.from * kLanes + l] += c.factor * w.gq[c.to * kLanes + l];
  }
  for (int i = 0; i < p.n_internal(); ++i) {
    const auto source = p.source[i];
    const int k = source.from - p.n_cv;
    double *gq = w.gq + i * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) gq[l] *= source.factor;
    store_lanes(gq, t, k < 0 ? to.s + source.from * batch : to.fine + k * batch);
  }
}

CGFLOW_CLONES void pull_tile(const Plan &p, std::int64_t batch, const Tile &t, const double *s, const double *fine,
                             const double *gx, const double *g_log_det, double *space, const Placement::Gradient &by_x,
                             const Placement::Gradient &by_log_det)
{
  const Space w(p, space);
  load_internal(p, batch, t, s, fine, w);
  turn_functions(p, w);
  if (gx) {
    place_atoms<true>(p, w);
    load_rows(t, 3 * p.n_atoms, gx, w.g);
    for (int k = 0; k < 3 * p.n_atoms; ++k) {
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) w.g[k * kLanes + l] = w.outside[l] == 0.0 ? w.g[k * kLanes + l] : 0.0;
    }
    pull_atoms(p, w);
    store_gradient(p, batch, t, w, by_x);
  }
  if (g_log_det) {
    for (int k = 0; k < p.n_internal() * kLanes; ++k) w.gq[k] = 0.0;
    load_lanes(g_log_det, t, w.log_det);
    pull_internal_log_det(p.n_atoms, w.log_det, w.q, w.sine, w.cosine, w.gq);
    store_gradient(p, batch, t, w, by_log_det);
  }
}

Plan plan_of(const InternalLayout &layout, const InternalSources &sources, double log_factors)
{
  return {layout.n_atoms(),
          sources.n_cv,
          static_cast<int>(sources.couplings.size()),
          log_factors,
          layout.rows.data(),
          sources.source.data(),
          sources.couplings.data(),
          sources.lo.data(),
          sources.hi.data()};
}
}    // namespace

Placement::Placement(InternalLayout layout, InternalSources sources)
    : layout_(std::move(layout)), sources_(std::move(sources)), log_factors_(sources_.log_factors())
{
}

void Placement::place(std::int64_t batch, const double *s, const double *fine, double *x, double *log_det) const
{
  const Plan plan = plan_of(layout_, sources_, log_factors_);
  for_each_tile("cgflow::place", batch, Space::forward(plan.n_atoms),
                [=](const Tile &tile, double *space) { place_tile(plan, batch, tile, s, fine, space, x, log_det); });
}

void Placement::pull_back(std::int64_t batch, const double *s, const double *fine, const double *gx, const double *g_log_det,
                          const Gradient &by_x, const Gradient &by_log_det) const
{
  const Plan plan = plan_of(layout_, sources_, log_factors_);
  for_each_tile("cgflow::pull_back", batch, Space::backward(plan.n_atoms), [=](const Tile &tile, double *space) {
    pull_tile(plan, batch, tile, s, fine, gx, g_log_det, space, by_x, by_log_det);
  });
}

}    // namespace cgflow::kernels
