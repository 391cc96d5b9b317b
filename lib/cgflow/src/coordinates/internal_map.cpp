// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/internal_map.h"

#include "base/tensor_shape.h"
#include "coordinates/internal_coordinates.h"
#include "kernels/measurement.h"
#include "kernels/placement.h"
#include "molecule/zmatrix.h"

#include "cgflow/collective_variables.h"
#include "cgflow/error.h"

#include <torch/csrc/autograd/custom_function.h>

#include <limits>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kDegree = kPi / 180.0;

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Coordinates have the batch innermost here, which is what kernels read: s [n_cv, batch], fine [n_fine, batch].
// Differentiable once: energies have forces, but no second derivatives either.
class PlaceAtoms : public torch::autograd::Function<PlaceAtoms> {
 public:
  static variable_list forward(AutogradContext *context, const Tensor &s, const Tensor &fine,
                               const kernels::Placement *placement)
  {
    const Tensor cg = s.contiguous(), rest = fine.contiguous();
    const auto batch = cg.size(1);
    Tensor x = at::empty({batch, placement->layout().n_atoms(), 3}, at::kDouble), log_det = at::empty({batch}, at::kDouble);
    placement->place(batch, values(cg), values(rest), x.data_ptr<double>(), log_det.data_ptr<double>());
    context->save_for_backward({cg, rest});
    context->saved_data["placement"] = reinterpret_cast<std::int64_t>(placement);
    context->set_materialize_grads(false);
    return {x, log_det};
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients)
  {
    const auto *placement = reinterpret_cast<const kernels::Placement *>(context->saved_data["placement"].toInt());
    const auto saved = context->get_saved_variables();
    const Tensor s = saved[0], fine = saved[1];
    const Tensor gx = contiguous(gradients[0]), g_log_det = contiguous(gradients[1]);
    Tensor gs = at::empty_like(s), g_fine = at::empty_like(fine);
    placement->pull_back(s.size(1), values(s), values(fine), values(gx), values(g_log_det), gs.data_ptr<double>(),
                         g_fine.data_ptr<double>());
    return {gs, g_fine, Tensor()};
  }

  static const double *values(const Tensor &t) { return t.defined() ? t.data_ptr<double>() : nullptr; }
  static Tensor contiguous(const Tensor &t) { return t.defined() ? t.contiguous() : t; }
};

class MeasureAtoms : public torch::autograd::Function<MeasureAtoms> {
 public:
  static variable_list forward(AutogradContext *context, const Tensor &positions, std::int64_t n_cv,
                               const kernels::Measurement *measurement)
  {
    const Tensor x = positions.contiguous();
    const auto batch = x.size(0), n = 3 * x.size(1) - 6;
    Tensor s = at::empty({n_cv, batch}, at::kDouble), fine = at::empty({n - n_cv, batch}, at::kDouble);
    Tensor log_det = at::empty({batch}, at::kDouble);
    measurement->measure(batch, x.data_ptr<double>(), s.data_ptr<double>(), fine.data_ptr<double>(),
                         log_det.data_ptr<double>());
    context->save_for_backward({x});
    context->saved_data["measurement"] = reinterpret_cast<std::int64_t>(measurement);
    return {s, fine, log_det};
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients)
  {
    const auto *measurement = reinterpret_cast<const kernels::Measurement *>(context->saved_data["measurement"].toInt());
    const Tensor x = context->get_saved_variables()[0];
    const Tensor gs = gradients[0].contiguous(), g_fine = gradients[1].contiguous(), g_log_det = gradients[2].contiguous();
    Tensor gx = at::empty_like(x);
    measurement->pull_back(x.size(0), x.data_ptr<double>(), gs.data_ptr<double>(), g_fine.data_ptr<double>(),
                           g_log_det.data_ptr<double>(), gx.data_ptr<double>());
    return {gx, Tensor(), Tensor()};
  }
};

Tensor numbers(const std::vector<double> &values) { return at::tensor(values, at::kDouble); }

// The internal vector of one structure as it is measured.
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

 private:
  InternalMap(const Config &config, const Molecule &molecule, const ZMatrix &z);
  void make_kernels(const kernels::InternalLayout &layout, const InternalCoordinates &c);
  Tensor right_handed(const Tensor &x) const;

  int n_atoms_;
  CgSpace space_;
  std::vector<FineCoordinate> fine_;
  std::optional<Start> start_;
  std::vector<std::vector<int>> equal_;
  std::vector<StereoCentre> filtered_;    // centres whose hand is checked, not built in
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
  const at::NoGradGuard no_grad;
  const kernels::InternalLayout layout(z.rows);
  InternalCoordinates c =
      classify_coordinates(z, layout, molecule, internal_vector(layout, molecule.configuration), config.coordinates);
  if (c.coordinates.empty())
    throw ConfigError("cg: the CG variables are all coordinates of the molecule, expected at least one fine coordinate");
  for (const auto &coordinate : c.coordinates) fine_.push_back(coordinate.fine);
  make_kernels(layout, c);
  filtered_ = std::move(c.filtered);
  // The start: the configuration's own coordinates, and widths to begin with.
  const Internal own = to_internal(numbers(molecule.configuration).view({1, n_atoms(), 3}));
  std::vector<double> scale;
  for (const auto &coordinate : c.coordinates) scale.push_back(coordinate.scale);
  start_ = Start{own.s[0], own.fine[0], numbers(scale)};
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
  // Dihedrals are taken within half a turn of their centre.
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
      ranges.q[coordinate.raw].lo += coordinate.centre;
    sources.lo.push_back(coordinate.lo);
    sources.hi.push_back(coordinate.hi);
  }
  // The first end's dihedral is the mean less what the others are off their ideal places.
  for (const auto &rotor : c.rotors) {
    const int raw = c.coordinates[rotor.coordinate].raw;
    equal_.push_back(rotor.atoms);
    ranges.rotors.push_back({raw, static_cast<int>(ranges.ends.size()), static_cast<int>(rotor.atoms.size())});
    ranges.ends.insert(ranges.ends.end(), rotor.atoms.begin(), rotor.atoms.end());
    const double share = 1.0 / static_cast<double>(rotor.siblings.size() + 1);
    for (std::size_t k = 0; k < rotor.siblings.size(); ++k) {
      sources.couplings.push_back({raw, c.coordinates[rotor.siblings[k]].raw, -share});
      sources.source[raw].offset += share * rotor.offsets[k];
    }
  }
  placement_.emplace(layout, sources);
  measurement_.emplace(layout, sources, ranges);
}

// Rows whose stereo centres have the hands of the molecule's configuration, [batch].
Tensor InternalMap::right_handed(const Tensor &x) const
{
  const Tensor positions = x.detach().contiguous();
  Tensor right = at::ones({x.size(0)}, at::kBool);
  for (std::int64_t i = 0; i < x.size(0); ++i) {
    const double *row = positions.data_ptr<double>() + i * 3 * n_atoms();
    for (const StereoCentre &centre : filtered_)
      if (hand_of(centre, row) != centre.hand) right[i] = false;
  }
  return right;
}

CoordinateMap::Internal InternalMap::to_internal(const Tensor &x) const
{
  check_shape("Cartesian coordinates", x, {-1, n_atoms(), 3});
  const auto z = MeasureAtoms::apply(x, n_cv(), &*measurement_);
  return {z[0].t(), z[1].t(), z[2]};
}

CoordinateMap::Cartesian InternalMap::to_cartesian(const Tensor &s, const Tensor &fine) const
{
  check_shape("CG points", s, {-1, n_cv()});
  check_shape("fine coordinates", fine, {s.size(0), n_fine()});
  const auto placed = PlaceAtoms::apply(s.t(), fine.t(), &*placement_);
  if (filtered_.empty()) return {placed[0], placed[1]};
  const Tensor right = right_handed(placed[0]).view({-1, 1, 1});
  return {at::where(right, placed[0], std::numeric_limits<double>::quiet_NaN()), placed[1]};
}

}    // namespace

std::unique_ptr<CoordinateMap> make_internal_map(const Config &config, const Molecule &molecule)
{
  return std::make_unique<InternalMap>(config, molecule);
}

}    // namespace cgflow
