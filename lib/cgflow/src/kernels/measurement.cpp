// SPDX-License-Identifier: GPL-2.0-only
#include "measurement.h"

#include "internal_volume.h"

#include <algorithm>

namespace cgflow::kernels {

namespace {

// A Measurement as the loops read it, with plain pointers.
struct Plan {
  int n_atoms, n_cv, n_couplings, n_rotors, n_renamed;
  double log_factors;
  const ZRow *rows;
  const InternalSources::Source *source;
  const InternalSources::Coupling *couplings;
  const InternalRanges::Range *q_range, *z_range;
  const InternalRanges::Rotor *rotors;
  const int *ends;
  const int *order;    // [n - 1], rows from the second on, first the n_renamed rows with an end of a rotor

  CGFLOW_INLINE int n_internal() const { return 3 * n_atoms - 6; }
  CGFLOW_INLINE int angle(int row) const { return n_atoms - 1 + row - 2; }
  CGFLOW_INLINE int dihedral(int row) const { return 2 * n_atoms - 3 + row - 3; }
};

struct Space {
  CGFLOW_INLINE Space(const Plan &p, double *space)
  {
    TakeLanes take{space};
    const int n = p.n_atoms;
    x = take(3 * n);
    q = take(3 * n - 6);
    z = take(3 * n - 6);
    sine = take(n - 2);
    log_det = take(1);
    turns = take(p.n_rotors);
    cosine = take(n - 2);
    g = take(3 * n);
  }
  static int forward(int n, int rotors) { return 3 * n + 2 * (3 * n - 6) + n - 2 + 1 + rotors; }
  static int backward(int n, int rotors) { return forward(n, rotors) + n - 2 + 3 * n; }

  double *x;             // [n, 3]
  double *q, *z;         // [3 n - 6] each; z holds the derivative by q in pull_tile()
  double *sine;          // of angles, [n - 2]
  double *log_det;       // [1]
  double *turns;         // [n_rotors]
  double *cosine, *g;    // for derivatives: of angles [n - 2]; by x [n, 3]
};

CGFLOW_INLINE void wrap(const InternalRanges::Range &range, double *value)
{
  if (range.period > 0.0) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) value[l] -= floor((value[l] - range.lo) / range.period) * range.period;
  }
}

// Distance, angle and dihedral of `count` rows.
CGFLOW_INLINE void measure_rows(const Plan &p, const Space &w, const int *rows, int count)
{
  for (int k = 0; k < count; ++k) {
    const int i = rows[k];
    const ZRow row = p.rows[i];
    double *distance = w.q + (i - 1) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec b3 = at(w.x, row.atom, l) - at(w.x, row.bond, l);
      distance[l] = sqrt(dot(b3, b3));
    }
    wrap(p.q_range[i - 1], distance);
    if (i < 2) continue;
    double *angle = w.q + p.angle(i) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec near = at(w.x, row.bond, l), a = at(w.x, row.atom, l) - near, b = at(w.x, row.angle, l) - near;
      const Vec normal = cross(a, b);
      angle[l] = atan2(sqrt(dot(normal, normal)), dot(a, b));
    }
    wrap(p.q_range[p.angle(i)], angle);
    if (i < 3) continue;
    double *dihedral = w.q + p.dihedral(i) * kLanes;
    // IUPAC sign: positive when, looking along the middle bond, the far atom is clockwise of the near one.
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec bond = at(w.x, row.bond, l), angle_atom = at(w.x, row.angle, l);
      const Vec b1 = angle_atom - at(w.x, row.dihedral, l), b2 = bond - angle_atom, b3 = at(w.x, row.atom, l) - bond;
      const Vec n1 = cross(b1, b2), n2 = cross(b2, b3);
      dihedral[l] = atan2(sqrt(dot(b2, b2)) * dot(b1, n2), dot(n1, n2));
    }
    wrap(p.q_range[p.dihedral(i)], dihedral);
  }
}

// q -> z, each coordinate at the position of its entry in q.
CGFLOW_INLINE void take_apart(const Plan &p, const Space &w)
{
  for (int i = 0; i < p.n_internal() * kLanes; ++i) w.z[i] = w.q[i];
  for (int i = 0; i < p.n_couplings; ++i) {
    const auto c = p.couplings[i];
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.z[c.to * kLanes + l] -= c.factor * w.q[c.from * kLanes + l];
  }
  for (int i = 0; i < p.n_internal(); ++i) {
    const auto source = p.source[i];
    double *z = w.z + i * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) z[l] = (z[l] - source.offset) / source.factor;
  }
}

// The number of periods by which a rotor's coordinate is above its range, which is the shift of its ends' labels.
CGFLOW_INLINE void count_turns(const Plan &p, const Space &w)
{
  for (int r = 0; r < p.n_rotors; ++r) {
    const int row = p.rotors[r].row;
    const auto range = p.z_range[row];
    const double *z = w.z + row * kLanes;
    double *turns = w.turns + r * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) turns[l] = floor((z[l] - range.lo) / range.period);
  }
}

// Gives the ends of rotors in points [n, 3] their new labels, or with direction -1 the old ones. Overwrites w.z.
CGFLOW_INLINE void rename_ends(const Plan &p, const Space &w, int direction, double *points)
{
  for (int r = 0; r < p.n_rotors; ++r) {
    const auto rotor = p.rotors[r];
    const int n = rotor.count, *ends = p.ends + rotor.first;
    for (int l = 0; l < kLanes; ++l) {
      const double turns = direction * w.turns[r * kLanes + l], rest = turns - n * floor(turns / n);
      const int shift = rest > 0.0 && rest < n ? static_cast<int>(rest) : 0;    // 0 for NaN
      if (shift == 0) continue;
      for (int m = 0; m < n; ++m) put(w.z, m, l, at(points, ends[m], l));
      for (int m = 0; m < n; ++m) put(points, ends[m], l, at(w.z, m < shift ? m - shift + n : m - shift, l));
    }
  }
}

// x -> q, with equal atoms in their labels.
CGFLOW_INLINE void measure_named(const Plan &p, const Space &w)
{
  measure_rows(p, w, p.order, p.n_atoms - 1);
  if (p.n_rotors > 0) {
    take_apart(p, w);
    count_turns(p, w);
    rename_ends(p, w, 1, w.x);
    measure_rows(p, w, p.order, p.n_renamed);
  }
  const double *angles = w.q + p.angle(2) * kLanes;
  for (int i = 0; i < p.n_atoms - 2; ++i) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.sine[i * kLanes + l] = sin(angles[i * kLanes + l]);
  }
}

CGFLOW_CLONES void measure_tile(const Plan &p, std::int64_t batch, const Tile &t, const double *x, double *space, double *s,
                                double *fine, double *log_det)
{
  const Space w(p, space);
  load_rows(t, 3 * p.n_atoms, x, w.x);
  measure_named(p, w);
  internal_log_det(p.n_atoms, p.log_factors, w.q, w.sine, w.log_det);
  store_lanes(w.log_det, t, log_det);
  take_apart(p, w);
  for (int i = 0; i < p.n_internal(); ++i) {
    double *z = w.z + i * kLanes;
    wrap(p.z_range[i], z);
    const int from = p.source[i].from, k = from - p.n_cv;
    store_lanes(z, t, k < 0 ? s + from * batch : fine + k * batch);
  }
}

// From the derivatives by q [3 n - 6] to those by x. The gradient of an angle at an end is normal to its arm, that of a
// dihedral normal to the plane of its end. The gradients of each coordinate have neither a total force nor a total torque.
CGFLOW_INLINE void pull_rows(const Plan &p, const Space &w, const double *gq)
{
  for (int i = 0; i < 3 * p.n_atoms * kLanes; ++i) w.g[i] = 0.0;
  for (int i = 1; i < p.n_atoms; ++i) {
    const ZRow row = p.rows[i];
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec b3 = at(w.x, row.atom, l) - at(w.x, row.bond, l);
      const Vec force = (gq[(i - 1) * kLanes + l] / w.q[(i - 1) * kLanes + l]) * b3;
      add(w.g, row.atom, l, force);
      add(w.g, row.bond, l, -1.0 * force);
    }
    if (i < 2) continue;
    const double *g_angle = gq + p.angle(i) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec near = at(w.x, row.bond, l), a = at(w.x, row.atom, l) - near, b = at(w.x, row.angle, l) - near;
      const Vec normal = cross(a, b);
      const double aa = dot(a, a), bb = dot(b, b), scaled = g_angle[l] / sqrt(dot(normal, normal));
      const Vec on_a = (scaled / aa) * cross(a, normal), on_b = (scaled / bb) * cross(normal, b);
      add(w.g, row.atom, l, on_a);
      add(w.g, row.angle, l, on_b);
      add(w.g, row.bond, l, -1.0 * (on_a + on_b));
    }
    if (i < 3) continue;
    const double *g_dihedral = gq + p.dihedral(i) * kLanes;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const Vec bond = at(w.x, row.bond, l), angle_atom = at(w.x, row.angle, l);
      const Vec b1 = angle_atom - at(w.x, row.dihedral, l), b2 = bond - angle_atom, b3 = at(w.x, row.atom, l) - bond;
      const Vec n1 = cross(b1, b2), n2 = cross(b2, b3);
      const double bb = dot(b2, b2), scaled = g_dihedral[l] * sqrt(bb);
      const Vec on_first = (-scaled / dot(n1, n1)) * n1, on_last = (scaled / dot(n2, n2)) * n2;
      const Vec shift = (1.0 / bb) * (dot(b1, b2) * on_first - dot(b3, b2) * on_last);
      add(w.g, row.dihedral, l, on_first);
      add(w.g, row.angle, l, -1.0 * (on_first + shift));
      add(w.g, row.bond, l, shift - on_last);
      add(w.g, row.atom, l, on_last);
    }
  }
}

CGFLOW_CLONES void pull_tile(const Plan &p, std::int64_t batch, const Tile &t, const double *x, const double *gs,
                             const double *g_fine, const double *g_log_det, double *space, double *gx)
{
  const Space w(p, space);
  load_rows(t, 3 * p.n_atoms, x, w.x);
  measure_named(p, w);
  const double *angles = w.q + p.angle(2) * kLanes;
  for (int i = 0; i < p.n_atoms - 2; ++i) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.cosine[i * kLanes + l] = cos(angles[i * kLanes + l]);
  }
  double *gq = w.z;
  for (int i = 0; i < p.n_internal(); ++i) {
    const auto source = p.source[i];
    const int k = source.from - p.n_cv;
    double *g = gq + i * kLanes;
    load_lanes(k < 0 ? gs + source.from * batch : g_fine + k * batch, t, g);
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) g[l] /= source.factor;
  }
  for (int i = 0; i < p.n_couplings; ++i) {
    const auto c = p.couplings[i];
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) gq[c.from * kLanes + l] -= c.factor * gq[c.to * kLanes + l];
  }
  load_lanes(g_log_det, t, w.log_det);
  pull_internal_log_det(p.n_atoms, w.log_det, w.q, w.sine, w.cosine, gq);
  pull_rows(p, w, gq);
  rename_ends(p, w, -1, w.g);
  store_rows(t, 3 * p.n_atoms, w.g, gx);
}

Plan plan_of(const InternalLayout &layout, const InternalSources &sources, const InternalRanges &ranges,
             const std::vector<int> &order, int n_renamed, double log_factors)
{
  Plan p{};
  p.n_renamed = n_renamed;
  p.log_factors = log_factors;
  p.order = order.data();
  p.n_atoms = layout.n_atoms();
  p.n_cv = sources.n_cv;
  p.n_couplings = static_cast<int>(sources.couplings.size());
  p.n_rotors = static_cast<int>(ranges.rotors.size());
  p.rows = layout.rows.data();
  p.source = sources.source.data();
  p.couplings = sources.couplings.data();
  p.q_range = ranges.q.data();
  p.z_range = ranges.z.data();
  p.rotors = ranges.rotors.data();
  p.ends = ranges.ends.data();
  return p;
}
}    // namespace

Measurement::Measurement(InternalLayout layout, InternalSources sources, InternalRanges ranges)
    : layout_(std::move(layout)), sources_(std::move(sources)), ranges_(std::move(ranges)),
      log_factors_(sources_.log_factors())
{
  const auto renamed = [&](int i) {
    const ZRow &row = layout_.rows[i];
    return std::any_of(ranges_.ends.begin(), ranges_.ends.end(), [&](int end) {
      return end == row.atom || end == row.bond || end == row.angle || end == row.dihedral;
    });
  };
  for (int i = 1; i < layout_.n_atoms(); ++i) order_.push_back(i);
  n_renamed_ = static_cast<int>(std::stable_partition(order_.begin(), order_.end(), renamed) - order_.begin());
}

void Measurement::measure(std::int64_t batch, const double *x, double *s, double *fine, double *log_det) const
{
  const Plan plan = plan_of(layout_, sources_, ranges_, order_, n_renamed_, log_factors_);
  for_each_tile("cgflow::measure", batch, Space::forward(plan.n_atoms, plan.n_rotors),
                [=](const Tile &tile, double *space) { measure_tile(plan, batch, tile, x, space, s, fine, log_det); });
}

void Measurement::pull_back(std::int64_t batch, const double *x, const double *gs, const double *g_fine,
                            const double *g_log_det, double *gx) const
{
  const Plan plan = plan_of(layout_, sources_, ranges_, order_, n_renamed_, log_factors_);
  for_each_tile("cgflow::measure_back", batch, Space::backward(plan.n_atoms, plan.n_rotors),
                [=](const Tile &tile, double *space) { pull_tile(plan, batch, tile, x, gs, g_fine, g_log_det, space, gx); });
}

}    // namespace cgflow::kernels
