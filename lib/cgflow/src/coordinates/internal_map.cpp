// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/internal_map.h"

#include "base/tensor_shape.h"
#include "coordinates/internal_coordinates.h"
#include "kernels/measurement.h"
#include "kernels/placement.h"
#include "molecule/zmatrix.h"

#include "cgflow/collective_variables.h"
#include "cgflow/error.h"

#include <limits>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kDegree = kPi / 180.0;

const double *numbers_of(const Tensor &t) { return t.defined() ? t.data_ptr<double>() : nullptr; }

Tensor numbers(const std::vector<double> &values) { return at::tensor(values, at::kDouble); }

// The internal vector of one structure, without any ranges or factors.
std::vector<double> internal_vector(const kernels::InternalLayout &layout, const std::vector<double> &x)
{
  const int n = layout.n_internal();
  kernels::InternalSources plain;
  for (int k = 0; k < n; ++k) plain.source.push_back({k});
  kernels::InternalRanges open;
  open.q.resize(n);
  open.z.resize(n);
  std::vector<double> q(n);
  double log_det = 0.0;
  kernels::Measurement(layout, plain, open).measure(1, x.data(), nullptr, q.data(), &log_det);
  return q;
}

class InternalMap : public CoordinateMap {
 public:
  InternalMap(const Config &config, const Molecule &molecule);

  int n_atoms() const override { return n_atoms_; }
  const CgSpace &space() const override { return space_; }
  const std::vector<FineCoordinate> &fine() const override { return fine_; }
  bool absolute() const override { return false; }
  std::optional<Start> start() const override { return start_; }
  std::vector<std::vector<int>> equal_atoms() const override { return equal_; }
  Internal to_internal(const Tensor &x) const override;
  Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const override;
  PulledBack pull_back(const Tensor &s, const Tensor &fine, const Tensor &gx, const Tensor &g_log_det) const override;

 private:
  InternalMap(const Config &config, const Molecule &molecule, const ZMatrix &z);
  void make_kernels(const kernels::InternalLayout &layout, const InternalCoordinates &c);
  Tensor right_handed(const Tensor &x) const;

  int n_atoms_;
  CgSpace space_;
  std::vector<FineCoordinate> fine_;
  std::optional<Start> start_;
  std::vector<std::vector<int>> equal_;
  std::vector<StereoCentre> filtered_;    // centers whose chirality is checked, not built in
  std::optional<kernels::Placement> placement_;
  std::optional<kernels::Measurement> measurement_;
};

ZMatrix make_zmatrix(const Config &config, const Molecule &molecule)
{
  if (config.coordinates.zmatrix.empty()) return build_zmatrix(molecule, config.cg);
  return read_zmatrix(config.coordinates.zmatrix, molecule, config.cg);
}

InternalMap::InternalMap(const Config &config, const Molecule &molecule)
    : InternalMap(config, molecule, make_zmatrix(config, molecule))
{
}

InternalMap::InternalMap(const Config &config, const Molecule &molecule, const ZMatrix &z)
    : n_atoms_(static_cast<int>(z.rows.size())), space_(make_cg_space(config))
{
  const kernels::InternalLayout layout(z.rows);
  InternalCoordinates c =
      classify_coordinates(z, layout, molecule, internal_vector(layout, molecule.configuration), config.coordinates);
  if (c.coordinates.empty())
    throw ConfigError("cg: the CG variables are all coordinates of the molecule, expected at least one fine coordinate");
  for (const auto &coordinate : c.coordinates) fine_.push_back(coordinate.fine);
  make_kernels(layout, c);
  filtered_ = std::move(c.filtered);
  // The start: the configuration's own coordinates, and estimates of their widths.
  const Internal own = to_internal(numbers(molecule.configuration).view({1, n_atoms(), 3}));
  std::vector<double> scale;
  for (const auto &coordinate : c.coordinates) scale.push_back(coordinate.scale);
  start_ = Start{own.s.select(1, 0), own.fine.select(1, 0), numbers(scale)};
}

void InternalMap::make_kernels(const kernels::InternalLayout &layout, const InternalCoordinates &c)
{
  const int n = layout.n_internal(), n_cg = static_cast<int>(c.cg_raw.size());
  kernels::InternalSources sources;
  kernels::InternalRanges ranges;
  sources.n_cv = n_cg;
  sources.source.resize(n);
  ranges.q.resize(n);
  ranges.z.resize(n);
  // Dihedrals are taken within half a turn of their center.
  for (int raw = layout.dihedral(3); raw < n; ++raw) ranges.q[raw] = {-kPi, 2.0 * kPi};
  for (int k = 0; k < n_cg; ++k) {
    const int raw = c.cg_raw[k];
    sources.source[raw] = {k, raw < layout.angle(2) ? 1.0 : kDegree, 0.0};
  }
  for (int k = 0; k < static_cast<int>(c.coordinates.size()); ++k) {
    const auto &coordinate = c.coordinates[k];
    sources.source[coordinate.raw] = {n_cg + k, 1.0, 0.0};
    if (coordinate.fine.kind == FineCoordinate::Kind::circular)
      ranges.z[coordinate.raw] = {coordinate.fine.lo, coordinate.fine.hi - coordinate.fine.lo};
    else
      ranges.q[coordinate.raw].lo += coordinate.center;
    sources.lo.push_back(coordinate.lo);
    sources.hi.push_back(coordinate.hi);
  }
  // The first end's dihedral is the rotor's mean minus the mean deviation of the other ends from their ideal places.
  for (const auto &rotor : c.rotors) {
    const int raw = c.coordinates[rotor.coordinate].raw;
    equal_.push_back(rotor.atoms);
    ranges.rotors.push_back({raw, static_cast<int>(ranges.ends.size()), static_cast<int>(rotor.atoms.size())});
    ranges.ends.insert(ranges.ends.end(), rotor.atoms.begin(), rotor.atoms.end());
    const double fraction = 1.0 / static_cast<double>(rotor.siblings.size() + 1);
    for (std::size_t k = 0; k < rotor.siblings.size(); ++k) {
      sources.couplings.push_back({raw, c.coordinates[rotor.siblings[k]].raw, -fraction});
      sources.source[raw].offset += fraction * rotor.offsets[k];
    }
  }
  placement_.emplace(layout, sources);
  measurement_.emplace(layout, sources, ranges);
}

// [batch], true for structures whose stereo centers have the chirality of the molecule's configuration.
Tensor InternalMap::right_handed(const Tensor &x) const
{
  Tensor right = at::ones({x.size(0)}, at::kBool);
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const double *row = x.data_ptr<double>() + i * 3 * n_atoms();
    for (const StereoCentre &center : filtered_)
      if (hand_of(center, row) != center.hand) right[i] = false;
  }
  return right;
}

CoordinateMap::Internal InternalMap::to_internal(const Tensor &x) const
{
  check_shape("Cartesian coordinates", x, {-1, n_atoms(), 3});
  const Tensor positions = x.contiguous();
  const auto batch = x.size(0);
  Internal out{at::empty({n_cv(), batch}, at::kDouble), at::empty({n_fine(), batch}, at::kDouble),
               at::empty({batch}, at::kDouble)};
  measurement_->measure(batch, positions.data_ptr<double>(), out.s.data_ptr<double>(), out.fine.data_ptr<double>(),
                        out.log_det.data_ptr<double>());
  return out;
}

CoordinateMap::Cartesian InternalMap::to_cartesian(const Tensor &s, const Tensor &fine) const
{
  check_point(s, fine);
  const Tensor cg = s.contiguous(), rest = fine.contiguous();
  const auto batch = s.size(1);
  Cartesian out{at::empty({batch, n_atoms(), 3}, at::kDouble), at::empty({batch}, at::kDouble)};
  placement_->place(batch, numbers_of(cg), numbers_of(rest), out.x.data_ptr<double>(), out.log_det.data_ptr<double>());
  if (!filtered_.empty())
    out.x = at::where(right_handed(out.x).view({-1, 1, 1}), out.x, std::numeric_limits<double>::quiet_NaN());
  return out;
}

CoordinateMap::PulledBack InternalMap::pull_back(const Tensor &s, const Tensor &fine, const Tensor &gx,
                                                 const Tensor &g_log_det) const
{
  check_point(s, fine);
  check_gradient(s, gx, g_log_det);
  const auto contiguous = [](const Tensor &t) { return t.defined() ? t.contiguous() : t; };
  const Tensor cg = s.contiguous(), rest = fine.contiguous(), by_x = contiguous(gx), by_log_det = contiguous(g_log_det);
  const auto make = [&](const Tensor &of) {
    return of.defined() ? Gradient{at::empty_like(cg), at::empty_like(rest)} : Gradient{};
  };
  const auto place = [](const Gradient &g) {
    if (!g.s.defined()) return kernels::Placement::Gradient{};
    return kernels::Placement::Gradient{g.s.data_ptr<double>(), g.fine.data_ptr<double>()};
  };
  const PulledBack out{make(gx), make(g_log_det)};
  placement_->pull_back(s.size(1), numbers_of(cg), numbers_of(rest), numbers_of(by_x), numbers_of(by_log_det),
                        place(out.by_x), place(out.by_log_det));
  return out;
}

}    // namespace

std::unique_ptr<CoordinateMap> make_internal_map(const Config &config, const Molecule &molecule)
{
  return std::make_unique<InternalMap>(config, molecule);
}

}    // namespace cgflow
