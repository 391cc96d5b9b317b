// SPDX-License-Identifier: GPL-2.0-only
#include "internal_map.h"

#include "internal_coordinates.h"
#include "placement.h"
#include "shape.h"
#include "zmatrix.h"

#include "cgflow/collective_variables.h"
#include "cgflow/error.h"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace cgflow {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kDegree = kPi / 180.0;

// Differentiable once: energies have forces, but no second derivatives either.
class PlaceAtoms : public torch::autograd::Function<PlaceAtoms> {
 public:
  static Tensor forward(torch::autograd::AutogradContext *context, const Tensor &q, const Placement *placement)
  {
    const Tensor values = q.contiguous();
    const auto n = values.size(0);
    Tensor x = at::empty({n, placement->n_atoms(), 3}, at::kDouble);
    for (std::int64_t i = 0; i < n; ++i)
      placement->place(values.data_ptr<double>() + i * placement->n_internal(),
                       x.data_ptr<double>() + i * 3 * placement->n_atoms());
    context->save_for_backward({values, x});
    context->saved_data["placement"] = reinterpret_cast<std::int64_t>(placement);
    return x;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext *context,
                                                 const torch::autograd::variable_list &gradients)
  {
    const auto *placement = reinterpret_cast<const Placement *>(context->saved_data["placement"].toInt());
    const auto saved = context->get_saved_variables();
    const Tensor q = saved[0], x = saved[1];
    Tensor g = gradients[0].detach().contiguous().clone();
    Tensor gq = at::empty_like(q);
    const int size = 3 * placement->n_atoms();
    for (std::int64_t i = 0; i < q.size(0); ++i)
      placement->pull_back(q.data_ptr<double>() + i * q.size(1), x.data_ptr<double>() + i * size,
                           g.data_ptr<double>() + i * size, gq.data_ptr<double>() + i * q.size(1));
    return {gq, Tensor()};
  }
};

Tensor indices(const std::vector<std::int64_t> &values) { return at::tensor(values, at::kLong); }

Tensor numbers(const std::vector<double> &values) { return at::tensor(values, at::kDouble); }

Tensor length(const Tensor &v) { return v.square().sum(-1).sqrt(); }

// Distances, angles and dihedrals of all rows at once: [batch, 3 n - 6] of x [batch, n, 3].
class Measure {
 public:
  explicit Measure(const std::vector<ZRow> &rows)
  {
    std::vector<std::int64_t> columns[4];
    for (const ZRow &r : rows) {
      const int atoms[4] = {r.atom, r.bond, r.angle, r.dihedral};
      for (int k = 0; k < 4; ++k)
        if (atoms[k] >= 0) columns[k].push_back(atoms[k]);
    }
    for (int k = 0; k < 4; ++k) columns_[k] = indices(columns[k]);
  }

  Tensor operator()(const Tensor &x) const
  {
    const auto n = x.size(1);
    // Atom k of the rows that have at least `parts` references.
    const auto pick = [&](int k, int parts) {
      const auto first = columns_[k].numel() - columns_[parts].numel();
      return x.index_select(1, columns_[k].narrow(0, first, columns_[parts].numel()));
    };
    const Tensor distance = length(pick(0, 1) - pick(1, 1));
    const Tensor a = pick(0, 2) - pick(1, 2), b = pick(2, 2) - pick(1, 2);
    const Tensor angle = at::atan2(length(at::linalg_cross(a, b)), (a * b).sum(-1));
    if (n < 4) return at::cat({distance, angle}, 1);
    // IUPAC sign: positive when, looking along the middle bond, the far atom is clockwise of the near one.
    const Tensor b1 = pick(2, 3) - pick(3, 3), b2 = pick(1, 3) - pick(2, 3), b3 = pick(0, 3) - pick(1, 3);
    const Tensor n1 = at::linalg_cross(b1, b2), n2 = at::linalg_cross(b2, b3);
    const Tensor dihedral = at::atan2(length(b2) * (b1 * n2).sum(-1), (n1 * n2).sum(-1));
    return at::cat({distance, angle, dihedral}, 1);
  }

 private:
  Tensor columns_[4];
};

class InternalMap : public CoordinateMap {
 public:
  InternalMap(const Config &config, const Molecule &molecule);

  int n_atoms() const override { return placement_.n_atoms(); }
  const CgSpace &space() const override { return space_; }
  const std::vector<FineCoordinate> &fine() const override { return fine_; }
  bool absolute() const override { return false; }
  std::optional<Start> start() const override { return start_; }
  std::vector<std::vector<int>> equal_atoms() const override { return equal_; }
  Internal to_internal(const Tensor &x) const override;
  Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const override;

 private:
  InternalMap(const Config &config, const Molecule &molecule, ZMatrix z);
  void make_matrices(const InternalCoordinates &c);
  Tensor measured(const Tensor &x) const;
  Tensor one_labelling(const Tensor &x) const;
  Tensor log_det(const Tensor &q) const;
  Tensor right_handed(const Tensor &x) const;

  ZMatrix z_;
  Placement placement_;
  Measure measure_;
  CgSpace space_;
  std::vector<FineCoordinate> fine_;
  std::optional<Start> start_;
  std::vector<std::vector<int>> equal_;
  std::vector<int> equal_rotor_;          // the fine coordinate that turns them
  std::vector<StereoCentre> filtered_;    // centres whose hand is checked, not built in
  Tensor unit_;                           // [n_cv], radians or length units in a box unit
  Tensor matrix_, inverse_, offset_;      // (s, fine) -> internal vector: q = matrix (s, fine) + offset, |det| = 1
  Tensor centre_, period_;                // [3 n - 6]: values are taken within half a period of the centre; period 0: none
  Tensor fine_lo_, fine_period_;          // [n_fine]: of rotors
  Tensor lo_, hi_;                        // [n_fine]: the domain
  double constant_ = 0.0;                 // of log_det
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

InternalMap::InternalMap(const Config &config, const Molecule &molecule, ZMatrix z)
    : z_(std::move(z)), placement_(z_.rows), measure_(z_.rows), space_(make_cg_space(config))
{
  const at::NoGradGuard no_grad;
  const Tensor x = numbers(molecule.configuration).view({1, n_atoms(), 3});
  const Tensor reference = measure_(x).contiguous();
  const double *values = reference.data_ptr<double>();
  InternalCoordinates c =
      classify_coordinates(z_, placement_, molecule, {values, values + reference.numel()}, config.coordinates);
  if (c.coordinates.empty())
    throw ConfigError("cg: the CG variables are all coordinates of the molecule, expected at least one fine coordinate");
  for (const auto &coordinate : c.coordinates) fine_.push_back(coordinate.fine);
  make_matrices(c);
  filtered_ = std::move(c.filtered);
  // The start: the configuration's own coordinates, and widths to begin with.
  const Internal own = to_internal(x);
  std::vector<double> scale;
  for (const auto &coordinate : c.coordinates) scale.push_back(coordinate.scale);
  start_ = Start{own.s[0], own.fine[0], numbers(scale)};
}

void InternalMap::make_matrices(const InternalCoordinates &c)
{
  const int n = placement_.n_internal(), n_cg = static_cast<int>(c.cg_raw.size());
  const int n_bonds = n_atoms() - 1, n_dihedrals = n_atoms() - 3;
  std::vector<double> unit;
  for (const int raw : c.cg_raw) unit.push_back(raw < n_bonds ? 1.0 : kDegree);
  unit_ = numbers(unit);
  for (const double u : unit) constant_ += std::log(u);

  matrix_ = at::zeros({n, n}, at::kDouble);
  offset_ = at::zeros({n}, at::kDouble);
  centre_ = at::zeros({n}, at::kDouble);
  period_ = at::zeros({n}, at::kDouble);
  period_.narrow(0, n - n_dihedrals, n_dihedrals).fill_(2.0 * kPi);
  std::vector<double> fine_lo, fine_period, lo, hi;
  for (int k = 0; k < n_cg; ++k) matrix_[c.cg_raw[k]][k] = 1.0;
  for (int k = 0; k < static_cast<int>(c.coordinates.size()); ++k) {
    const auto &coordinate = c.coordinates[k];
    matrix_[coordinate.raw][n_cg + k] = 1.0;
    const bool circular = coordinate.fine.kind == FineCoordinate::Kind::circular;
    if (!circular) centre_[coordinate.raw] = coordinate.centre;
    fine_lo.push_back(circular ? coordinate.fine.lo : 0.0);
    fine_period.push_back(circular ? coordinate.fine.hi - coordinate.fine.lo : 0.0);
    lo.push_back(coordinate.lo);
    hi.push_back(coordinate.hi);
  }
  // The first end's dihedral is the mean less what the others are off their ideal places.
  for (const auto &rotor : c.rotors) {
    const int raw = c.coordinates[rotor.coordinate].raw;
    equal_.push_back(rotor.atoms);
    equal_rotor_.push_back(rotor.coordinate);
    const double share = 1.0 / static_cast<double>(rotor.siblings.size() + 1);
    for (std::size_t k = 0; k < rotor.siblings.size(); ++k) {
      matrix_[raw][n_cg + rotor.siblings[k]] = -share;
      offset_[raw] += share * rotor.offsets[k];
    }
  }
  inverse_ = at::linalg_inv(matrix_);
  fine_lo_ = numbers(fine_lo);
  fine_period_ = numbers(fine_period);
  lo_ = numbers(lo);
  hi_ = numbers(hi);
}

// Every atom but the first adds r^2, every one but the first two sin(angle). Outside the domain the value does not matter,
// but must be finite for derivatives.
Tensor InternalMap::log_det(const Tensor &q) const
{
  const int n = n_atoms();
  const Tensor r = q.narrow(1, 0, n - 1).abs().clamp_min(1e-100);
  const Tensor sine = at::sin(q.narrow(1, n - 1, n - 2)).abs().clamp_min(1e-100);
  return 2.0 * at::log(r).sum(1) + at::log(sine).sum(1) + constant_;
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

Tensor wrapped(const Tensor &value, const Tensor &lo, const Tensor &period)
{
  const Tensor one = at::where(period > 0.0, period, 1.0);
  const Tensor turns = at::where(period > 0.0, at::floor((value.detach() - lo) / one), 0.0);
  return value - turns * period;
}

// The internal vector, its periodic values within half a period of their centres.
Tensor InternalMap::measured(const Tensor &x) const { return wrapped(measure_(x), centre_ - 0.5 * period_, period_); }

// Exchanges equal atoms until each rotor lies in its interval: a turn by k n-th parts brings end m - k to the place of end m.
Tensor InternalMap::one_labelling(const Tensor &x) const
{
  const at::NoGradGuard no_grad;
  const Tensor fine = at::matmul(measured(x) - offset_, inverse_.t()).narrow(1, n_cv(), n_fine());
  Tensor order = at::arange(n_atoms(), at::kLong).repeat({x.size(0), 1});
  for (std::size_t g = 0; g < equal_.size(); ++g) {
    const auto n = static_cast<std::int64_t>(equal_[g].size());
    const Tensor atoms = at::tensor(std::vector<std::int64_t>(equal_[g].begin(), equal_[g].end()), at::kLong);
    const int k = equal_rotor_[g];
    const Tensor turns = at::floor((fine.select(1, k) - fine_lo_[k]) / fine_period_[k]).to(at::kLong);
    for (std::int64_t m = 0; m < n; ++m)
      order.select(1, equal_[g][m]).copy_(atoms.index_select(0, at::remainder(m - turns, n)));
  }
  return order;
}

CoordinateMap::Internal InternalMap::to_internal(const Tensor &x) const
{
  check_shape("Cartesian coordinates", x, {-1, n_atoms(), 3});
  const Tensor q =
      measured(equal_.empty() ? x : at::gather(x, 1, one_labelling(x).unsqueeze(-1).expand({x.size(0), n_atoms(), 3})));
  const Tensor all = at::matmul(q - offset_, inverse_.t());
  const Tensor fine = wrapped(all.narrow(1, n_cv(), n_fine()), fine_lo_, fine_period_);
  return {all.narrow(1, 0, n_cv()) / unit_, fine, log_det(q)};
}

CoordinateMap::Cartesian InternalMap::to_cartesian(const Tensor &s, const Tensor &fine) const
{
  check_shape("CG points", s, {-1, n_cv()});
  check_shape("fine coordinates", fine, {s.size(0), n_fine()});
  const Tensor q = at::matmul(at::cat({s * unit_, fine}, 1), matrix_.t()) + offset_;
  const Tensor x = PlaceAtoms::apply(q, &placement_);
  Tensor inside = (fine > lo_).logical_and(fine < hi_).all(1);
  if (!filtered_.empty()) inside = inside.logical_and(right_handed(x));
  return {at::where(inside.view({-1, 1, 1}), x, std::numeric_limits<double>::quiet_NaN()), log_det(q)};
}

}    // namespace

std::unique_ptr<CoordinateMap> make_internal_map(const Config &config, const Molecule &molecule)
{
  return std::make_unique<InternalMap>(config, molecule);
}

}    // namespace cgflow
