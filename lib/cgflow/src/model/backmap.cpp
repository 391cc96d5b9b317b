// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/backmap.h"

#include "base/grid_points.h"
#include "base/weights.h"
#include "files/tensor_archive.h"
#include "model/model_parts.h"
#include "model/point_chains.h"
#include "training/energy_guard.h"
#include "training/weighted_samples.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {

// Distinct values of the second index of Stream::backmap.
enum Draw : std::uint64_t { draw_structure = 0, draw_point = 1 };

void check_number(int n)
{
  if (n < 1) throw ShapeError("Backmapping: got " + std::to_string(n) + " structures, expected at least one");
}

// Structures for rows of s, one each.
Structures draw(const Model &model, const std::vector<double> &s, std::uint64_t seed, EnergyModel *energy,
                Communicator &comm)
{
  const Model::Parts &p = model.parts();
  const int d = model.space().n_cv();
  const auto [first, count] = comm.share(static_cast<std::int64_t>(s.size()) / d);
  const Tensor mine = to_tensor({s.begin() + first * d, s.begin() + (first + count) * d}, {count, d}).t().contiguous();
  Structures out;
  out.s = s;
  if (energy) {
    EnergyGuard guard(*energy, comm);
    const WeightedSamples drawn =
        draw_weighted(*p.flow, *p.map, guard, p.info.kT, mine, seed, Stream::backmap, first, draw_structure);
    guard.rethrow();
    out.x = comm.gather(to_vector(drawn.x));
    out.energy = comm.gather(to_vector(drawn.energy));
    out.ln_w = comm.gather(to_vector(drawn.ln_w));
  } else {
    const Tensor z = p.flow->draw_latent(seed, Stream::backmap, first, count, draw_structure);
    out.x = comm.gather(to_vector(p.map->to_cartesian(mine, p.flow->sample(z, mine).fine).x));
  }
  return out;
}

DrawnPoints draw_from_grid(const Model &model, const PmfSurface &pmf, int n, std::uint64_t seed)
{
  const CgSpace &space = model.space();
  const int d = space.n_cv();
  const int cells_a_side = d == 1 ? 1000 : d == 2 ? 200 : 50;
  const std::vector<double> centres = grid_points(space, cells_a_side);
  const auto cells = static_cast<int>(centres.size() / d);
  const double kT = model.info().kT;
  std::vector<double> f(cells), std(cells), cumulative(cells);
  pmf.evaluate(cells, centres.data(), f.data(), std.data(), nullptr);
  double lowest = std::numeric_limits<double>::infinity();
  for (int i = 0; i < cells; ++i)
    if (std[i] <= model.info().threshold * kT) lowest = std::min(lowest, f[i]);
  if (!std::isfinite(lowest))
    throw ModelError("Backmapping from the PMF: no CG point has a std up to the threshold of " +
                     std::to_string(model.info().threshold) + " kT; learn longer, or give points");
  double sum = 0.0;
  for (int i = 0; i < cells; ++i) {
    if (std[i] <= model.info().threshold * kT) sum += std::exp(-(f[i] - lowest) / kT);
    cumulative[i] = sum;
  }
  DrawnPoints drawn;
  for (int i = 0; i < n; ++i) {
    RandomStream random(seed, Stream::backmap, i, draw_point);
    const auto cell = std::min<std::ptrdiff_t>(
        std::upper_bound(cumulative.begin(), cumulative.end(), sum * random.uniform()) - cumulative.begin(), cells - 1);
    for (int k = 0; k < d; ++k)
      drawn.s.push_back(centres[cell * d + k] + (random.uniform() - 0.5) * space[k].width() / cells_a_side);
    drawn.ln_p.push_back(-(f[cell] - lowest) / kT);
  }
  return drawn;
}

DrawnPoints draw_from_labels(const Model &model, const PmfSurface &pmf, int n, std::uint64_t seed)
{
  std::vector<double> anchors;
  for (const auto &label : model.labels()) anchors.insert(anchors.end(), label.s.begin(), label.s.end());
  const double kT = model.info().kT;
  return draw_by_chains(pmf, anchors, kT, model.info().threshold * kT, n, seed, draw_point);
}

}    // namespace

Structures backmap_points(const Model &model, const std::vector<double> &points, int n, std::uint64_t seed,
                          EnergyModel *energy, Communicator &comm)
{
  check_number(n);
  const int d = model.space().n_cv();
  const auto count = static_cast<std::int64_t>(points.size()) / d;
  if (count == 0) throw ShapeError("Backmapping: got no CG point, expected at least one");
  std::vector<double> s;
  for (std::int64_t i = 0; i < count; ++i)
    for (int j = 0; j < n; ++j) s.insert(s.end(), points.begin() + i * d, points.begin() + (i + 1) * d);
  Structures out = draw(model, s, seed, energy, comm);
  out.point.resize(count * n);
  for (std::int64_t i = 0; i < count * n; ++i) out.point[i] = i / n;
  if (!energy) return out;
  out.ln_W.assign(count * n, std::numeric_limits<double>::quiet_NaN());
  std::vector<double> fractions;
  for (std::int64_t i = 0; i < count; ++i)
    fractions.push_back(ess_fraction({&out.ln_w[i * n], static_cast<std::size_t>(n)}));
  out.ess_share = median(fractions);
  return out;
}

Structures backmap_pmf(const Model &model, int n, std::uint64_t seed, EnergyModel *energy, Communicator &comm)
{
  check_number(n);
  const auto pmf = model.surface();
  const DrawnPoints drawn =
      model.space().n_cv() <= 3 ? draw_from_grid(model, *pmf, n, seed) : draw_from_labels(model, *pmf, n, seed);
  Structures out = draw(model, drawn.s, seed, energy, comm);
  out.point.resize(n);
  for (int i = 0; i < n; ++i) out.point[i] = i;
  if (!energy) return out;
  out.ln_W.resize(n);
  for (int i = 0; i < n; ++i) out.ln_W[i] = out.ln_w[i] - drawn.ln_p[i];
  out.ess_share = ess_fraction(out.ln_W);
  return out;
}

}    // namespace cgflow
