// SPDX-License-Identifier: GPL-2.0-only
// Conformers of alanine dipeptide per second of processor time that one thread takes from internal to Cartesian coordinates with
// ln|det J|, through the derivatives, and from Cartesian to internal coordinates: with the library's map, and with the same map of
// plain torch operators. Each gets its coordinates in its own layout. The library gives the derivatives through x and through ln|det J|
// apart, torch their sum. coordinates [--json FILE]
#include "ala2.h"
#include "coordinates/internal_coordinates.h"
#include "coordinates/internal_map.h"
#include "molecule/zmatrix.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <numbers>

using namespace cgflow;

namespace {

constexpr double kPi = std::numbers::pi;

Config config()
{
  Config c;
  c.cg.resize(2);
  c.cg[0].name = "phi";
  c.cg[0].dihedral = {5, 7, 9, 15};
  c.cg[1].name = "psi";
  c.cg[1].dihedral = {7, 9, 15, 17};
  return c;
}

Tensor length(const Tensor &v) { return v.square().sum(-1, true).sqrt(); }
Tensor inner_product(const Tensor &a, const Tensor &b) { return (a * b).sum(-1, true); }
Tensor cross_product(const Tensor &a, const Tensor &b) { return at::linalg_cross(a, b); }

Tensor wrapped(const Tensor &value, const Tensor &lo, const Tensor &period)
{
  const Tensor one = at::where(period > 0.0, period, 1.0);
  const Tensor turns = at::where(period > 0.0, at::floor((value.detach() - lo) / one), 0.0);
  return value - turns * period;
}

// The map by torch operators on whole batches, which place one atom after the other.
class TorchMap {
 public:
  explicit TorchMap(const Molecule &molecule) : z_(build_zmatrix(molecule, config().cg)), layout_(z_.rows)
  {
    for (const auto &r : layout_.rows) {
      const int atoms[4] = {r.atom, r.bond, r.angle, r.dihedral};
      for (int k = 0; k < 4; ++k)
        if (atoms[k] >= 0) columns_[k].push_back(atoms[k]);
    }
    const Tensor q = raw(at::tensor(molecule.configuration, at::kDouble).view({1, layout_.n_atoms(), 3})).contiguous();
    const std::vector<double> reference(q.data_ptr<double>(), q.data_ptr<double>() + q.numel());
    c_ = classify_coordinates(z_, layout_, molecule, reference, config().coordinates);
    make_matrices();
  }

  CoordinateMap::Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const
  {
    const Tensor q = at::matmul(at::cat({s * unit_, fine}, 1), matrix_.t()) + offset_;
    const Tensor inside = (fine > lo_).logical_and(fine < hi_).all(1);
    return {at::where(inside.view({-1, 1, 1}), placed(q), std::numeric_limits<double>::quiet_NaN()), log_det(q)};
  }

  CoordinateMap::Internal to_internal(const Tensor &x) const
  {
    const Tensor order = names(x).unsqueeze(-1).expand({x.size(0), x.size(1), 3});
    const Tensor q = wrapped(raw(at::gather(x, 1, order)), q_lo_, q_period_);
    const Tensor all = at::matmul(q - offset_, inverse_.t());
    const auto n_cv = unit_.numel();
    return {all.narrow(1, 0, n_cv) / unit_, wrapped(all.narrow(1, n_cv, lo_.numel()), fine_lo_, fine_period_), log_det(q)};
  }

 private:
  void make_matrices()
  {
    const int n = layout_.n_internal(), n_cv = static_cast<int>(c_.cg_raw.size());
    const auto zeros = [](int size) { return at::zeros({size}, at::kDouble); };
    matrix_ = at::zeros({n, n}, at::kDouble);
    offset_ = zeros(n), q_lo_ = zeros(n), q_period_ = zeros(n);
    lo_ = zeros(n - n_cv), hi_ = zeros(n - n_cv), fine_lo_ = zeros(n - n_cv), fine_period_ = zeros(n - n_cv);
    q_lo_.narrow(0, layout_.dihedral(3), layout_.n_atoms() - 3).fill_(-kPi);
    q_period_.narrow(0, layout_.dihedral(3), layout_.n_atoms() - 3).fill_(2.0 * kPi);
    unit_ = at::full({n_cv}, kPi / 180.0, at::kDouble);
    for (int k = 0; k < n_cv; ++k) matrix_[c_.cg_raw[k]][k] = 1.0;
    for (int k = 0; k < n - n_cv; ++k) {
      const auto &coordinate = c_.coordinates[k];
      matrix_[coordinate.raw][n_cv + k] = 1.0;
      lo_[k] = coordinate.lo;
      hi_[k] = coordinate.hi;
      if (coordinate.fine.kind == FineCoordinate::Kind::circular) {
        fine_lo_[k] = coordinate.fine.lo;
        fine_period_[k] = coordinate.fine.hi - coordinate.fine.lo;
      } else if (coordinate.raw >= layout_.dihedral(3)) {
        q_lo_[coordinate.raw] += coordinate.center;
      }
    }
    for (const auto &rotor : c_.rotors) {
      const int raw = c_.coordinates[rotor.coordinate].raw;
      const double fraction = 1.0 / static_cast<double>(rotor.siblings.size() + 1);
      for (std::size_t k = 0; k < rotor.siblings.size(); ++k) {
        matrix_[raw][n_cv + rotor.siblings[k]] = -fraction;
        offset_[raw] += fraction * rotor.offsets[k];
      }
    }
    inverse_ = at::linalg_inv(matrix_);
  }

  Tensor log_det(const Tensor &q) const
  {
    const int n = layout_.n_atoms();
    const Tensor r = q.narrow(1, 0, n - 1).abs().clamp_min(1e-100);
    const Tensor sine = at::sin(q.narrow(1, n - 1, n - 2)).abs().clamp_min(1e-100);
    return 2.0 * at::log(r).sum(1) + at::log(sine).sum(1) + at::log(unit_).sum();
  }

  Tensor placed(const Tensor &q) const
  {
    const auto batch = q.size(0);
    const int n = layout_.n_atoms();
    const Tensor sine = at::sin(q), cosine = at::cos(q), zero = at::zeros({batch, 1}, at::kDouble);
    const auto column = [](const Tensor &of, int k) { return of.narrow(1, k, 1); };
    std::vector<Tensor> x(n);
    const auto &rows = layout_.rows;
    x[rows[0].atom] = at::zeros({batch, 3}, at::kDouble);
    x[rows[1].atom] = at::cat({column(q, layout_.bond(1)), zero, zero}, 1);
    const Tensor r2 = column(q, layout_.bond(2));
    const double sign = rows[2].bond == rows[1].atom ? -1.0 : 1.0;
    x[rows[2].atom] =
        x[rows[2].bond] + r2 * at::cat({sign * column(cosine, layout_.angle(2)), column(sine, layout_.angle(2)), zero}, 1);
    for (int i = 3; i < n; ++i) {
      const auto &row = rows[i];
      const Tensor axis = x[row.bond] - x[row.angle], u = axis / length(axis), to = x[row.dihedral] - x[row.angle];
      const Tensor across = to - inner_product(to, u) * u, e2 = across / length(across), e3 = cross_product(u, e2);
      const int a = layout_.angle(i), d = layout_.dihedral(i);
      const Tensor direction = column(sine, a) * (column(cosine, d) * e2 + column(sine, d) * e3) - column(cosine, a) * u;
      x[row.atom] = x[row.bond] + column(q, layout_.bond(i)) * direction;
    }
    return at::stack(x, 1);
  }

  Tensor raw(const Tensor &x) const
  {
    const auto pick = [&](int k, int parts) {
      const Tensor columns = at::tensor(columns_[k], at::kLong);
      const auto count = static_cast<std::int64_t>(columns_[parts].size());
      return x.index_select(1, columns.narrow(0, columns.numel() - count, count));
    };
    const Tensor distance = length(pick(0, 1) - pick(1, 1));
    const Tensor a = pick(0, 2) - pick(1, 2), b = pick(2, 2) - pick(1, 2);
    const Tensor angle = at::atan2(length(cross_product(a, b)), inner_product(a, b));
    const Tensor b1 = pick(2, 3) - pick(3, 3), b2 = pick(1, 3) - pick(2, 3), b3 = pick(0, 3) - pick(1, 3);
    const Tensor n1 = cross_product(b1, b2), n2 = cross_product(b2, b3);
    const Tensor dihedral = at::atan2(length(b2) * inner_product(b1, n2), inner_product(n1, n2));
    return at::cat({distance, angle, dihedral}, 1).squeeze(-1);
  }

  Tensor names(const Tensor &x) const
  {
    const at::NoGradGuard no_grad;
    const Tensor all = at::matmul(wrapped(raw(x), q_lo_, q_period_) - offset_, inverse_.t());
    Tensor order = at::arange(layout_.n_atoms(), at::kLong).repeat({x.size(0), 1});
    for (const auto &rotor : c_.rotors) {
      const auto n = static_cast<std::int64_t>(rotor.atoms.size());
      const Tensor atoms = at::tensor(std::vector<std::int64_t>(rotor.atoms.begin(), rotor.atoms.end()), at::kLong);
      const int k = rotor.coordinate;
      const Tensor turns = at::floor((all.select(1, unit_.numel() + k) - fine_lo_[k]) / fine_period_[k]).to(at::kLong);
      for (std::int64_t m = 0; m < n; ++m)
        order.select(1, rotor.atoms[m]).copy_(atoms.index_select(0, at::remainder(m - turns, n)));
    }
    return order;
  }

  ZMatrix z_;
  kernels::InternalLayout layout_;
  InternalCoordinates c_;
  std::vector<std::int64_t> columns_[4];
  Tensor matrix_, inverse_, offset_, unit_, q_lo_, q_period_, fine_lo_, fine_period_, lo_, hi_;
};

// Conformers per second of processor time, the median of repeats. Processor time does not count the time of other processes.
double rate(std::int64_t batch, const std::function<void()> &work)
{
  const auto timed = [&](int calls) {
    const auto begin = std::clock();
    for (int i = 0; i < calls; ++i) work();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  };
  int calls = 1;
  while (timed(calls) < 0.01) calls *= 2;
  std::vector<double> times;
  for (int repeat = 0; repeat < 11; ++repeat) times.push_back(timed(calls));
  std::nth_element(times.begin(), times.begin() + 5, times.end());
  return static_cast<double>(batch) * calls / times[5];
}

struct Row {
  const char *name;
  double ours, peer;
};

struct Input {
  Tensor s, fine, x;
};

std::vector<double> rates(const CoordinateMap &map, const Input &in)
{
  const auto batch = in.s.size(1);
  const Tensor gx = at::ones_like(in.x), g_log_det = at::ones({batch}, at::kDouble);
  return {rate(batch, [&] { map.to_cartesian(in.s, in.fine); }),
          rate(batch, [&] { map.pull_back(in.s, in.fine, gx, g_log_det); }), rate(batch, [&] { map.to_internal(in.x); })};
}

std::vector<double> rates(const TorchMap &map, const Input &in)
{
  const auto batch = in.s.size(1);
  const at::AutoGradMode derivatives(true);
  const Tensor s = in.s.t().contiguous().requires_grad_(true), fine = in.fine.t().contiguous().requires_grad_(true);
  const auto held = map.to_cartesian(s, fine);
  const Tensor gx = at::ones_like(held.x), g_log_det = at::ones_like(held.log_det);
  return {rate(batch, [&] { map.to_cartesian(s, fine); }),
          rate(batch,
               [&] {
                 torch::autograd::grad({held.x, held.log_det}, {s, fine}, {gx, g_log_det}, true);
               }),
          rate(batch, [&] { map.to_internal(in.x); })};
}

// Largest difference of both maps and of their derivatives, relative to the size of the quantity.
double difference(const CoordinateMap &map, const TorchMap &peer, const Input &in)
{
  const auto out = map.to_cartesian(in.s, in.fine);
  const auto g = map.pull_back(in.s, in.fine, out.x.cos(), at::ones_like(out.log_det));
  const auto back = map.to_internal(in.x);
  const std::vector<Tensor> a{out.x,     out.log_det, g.by_x.s + g.by_log_det.s, g.by_x.fine + g.by_log_det.fine, back.s,
                              back.fine, back.log_det};
  const Tensor s = in.s.t().contiguous().requires_grad_(true), fine = in.fine.t().contiguous().requires_grad_(true);
  const auto peer_out = peer.to_cartesian(s, fine);
  const auto peer_g = torch::autograd::grad({peer_out.x.sin().sum() + peer_out.log_det.sum()}, {s, fine});
  const auto peer_back = peer.to_internal(in.x);
  const std::vector<Tensor> b{peer_out.x,      peer_out.log_det,   peer_g[0].t(),    peer_g[1].t(),
                              peer_back.s.t(), peer_back.fine.t(), peer_back.log_det};
  double largest = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k)
    largest = std::max(largest, ((a[k] - b[k]).abs().max() / b[k].abs().max()).item<double>());
  return largest;
}

Input thermal(const CoordinateMap &map, std::int64_t batch)
{
  at::manual_seed(1);
  const auto start = *map.start();
  const Tensor s = -180.0 + 360.0 * at::rand({map.n_cv(), batch}, at::kDouble);
  const Tensor fine =
      start.fine.unsqueeze(1) + 0.5 * start.scale.unsqueeze(1) * at::randn({map.n_fine(), batch}, at::kDouble);
  return {s, fine, map.to_cartesian(s, fine).x};
}

bool write_json(const char *path, const std::vector<Row> &rows)
{
  std::FILE *file = std::fopen(path, "w");
  if (!file) return false;
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::fprintf(file, "%s\"%s\": {\"ours\": %.0f, \"peer\": %.0f}", i ? ",\n " : "{", rows[i].name, rows[i].ours,
                 rows[i].peer);
  std::fprintf(file, "}\n");
  return std::fclose(file) == 0;
}

}    // namespace

int main(int argc, char **argv)
{
  const char *json = argc == 3 && std::strcmp(argv[1], "--json") == 0 ? argv[2] : nullptr;
  if (argc != 1 && !json) {
    std::fprintf(stderr, "usage: coordinates [--json FILE]\n");
    return 2;
  }
  at::set_num_threads(1);
  // Freed memory stays with the process. Otherwise some batch sizes would measure how the system clears new pages.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  const Molecule molecule = tests::ala2();
  const auto map = make_internal_map(config(), molecule);
  const TorchMap peer(molecule);
  const double off = difference(*map, peer, thermal(*map, 100));
  if (!(off < 1e-9)) {
    std::fprintf(stderr, "coordinates: the maps differ by %g, expected less than 1e-9\n", off);
    return 1;
  }
  const char *names[] = {"coordinates_forward", "coordinates_backward", "cartesian_to_internal"};
  std::vector<Row> best{{names[0], 0, 0}, {names[1], 0, 0}, {names[2], 0, 0}};
  std::printf("%-22s %6s %14s %14s %8s   (conformers/s)\n", "", "batch", "ours", "torch", "ratio");
  for (const std::int64_t batch : {64, 256, 1024}) {
    const Input in = thermal(*map, batch);
    const auto ours = rates(*map, in), theirs = rates(peer, in);
    for (int k = 0; k < 3; ++k) {
      std::printf("%-22s %6lld %14.0f %14.0f %8.1f\n", names[k], static_cast<long long>(batch), ours[k], theirs[k],
                  ours[k] / theirs[k]);
      std::fflush(stdout);
      if (batch == 256) best[k] = {names[k], ours[k], theirs[k]};
    }
  }
  if (json && !write_json(json, best)) {
    std::fprintf(stderr, "coordinates: cannot write %s\n", json);
    return 1;
  }
}
