// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/linear_map.h"

#include "base/tensor_shape.h"
#include "cgflow/collective_variables.h"
#include "cgflow/error.h"

#include <cmath>
#include <set>

namespace cgflow {
namespace {

using Row = std::vector<double>;

// A row counts as dependent when its part outside the span of the others is shorter than this fraction of it: the inverse
// would lose more than half of the digits.
constexpr double kDependent = 1e-8;

std::vector<std::string> coordinate_names(int n_atoms, int dimension)
{
  std::vector<std::string> names;
  for (int i = 1; i <= n_atoms; ++i)
    for (int k = 0; k < dimension; ++k) names.push_back(std::string(1, "xyz"[k]) + std::to_string(i));
  return names;
}

std::string allowed_names(int n_atoms, int dimension)
{
  const std::string last = std::string(1, "xyz"[dimension - 1]);
  if (n_atoms == 1) return dimension == 2 ? "x, y" : "x, y, z";
  return "x1 to " + last + std::to_string(n_atoms);
}

Row make_row(const std::string &where, const LinearMix &mix, int n_atoms, int dimension)
{
  if (mix.empty())
    throw ConfigError(where + ": got no coordinates, expected a linear mix of " + allowed_names(n_atoms, dimension));
  const auto names = coordinate_names(n_atoms, dimension);
  Row row(names.size(), 0.0);
  std::vector<bool> used(names.size(), false);
  for (const auto &[name, coefficient] : mix) {
    const std::string full = n_atoms == 1 && name.size() == 1 ? name + "1" : name;
    std::size_t column = 0;
    while (column < names.size() && names[column] != full) ++column;
    if (column == names.size())
      throw ConfigError(where + ": unknown coordinate '" + name + "' in a system of " + std::to_string(n_atoms) +
                        " atoms in " + std::to_string(dimension) + " dimensions, expected " +
                        allowed_names(n_atoms, dimension));
    if (used[column]) throw ConfigError(where + ": the coordinate '" + full + "' is given twice");
    if (!std::isfinite(coefficient)) throw ConfigError(where + ": the coefficient of '" + name + "' is not a finite number");
    used[column] = true;
    row[column] = coefficient;
  }
  return row;
}

double length(const Row &row)
{
  double sum = 0.0;
  for (const double v : row) sum += v * v;
  return std::sqrt(sum);
}

// The part of `row` outside the span of the orthonormal `basis`. Two passes, because one loses digits for nearly dependent
// rows.
Row outside(Row row, const std::vector<Row> &basis)
{
  for (int pass = 0; pass < 2; ++pass)
    for (const Row &b : basis) {
      double overlap = 0.0;
      for (std::size_t i = 0; i < row.size(); ++i) overlap += b[i] * row[i];
      for (std::size_t i = 0; i < row.size(); ++i) row[i] -= overlap * b[i];
    }
  return row;
}

void scale(Row &row, double factor)
{
  for (double &v : row) v *= factor;
}

void extend_basis(std::vector<Row> &basis, const Row &row, const std::string &where)
{
  Row rest = outside(row, basis);
  const double norm = length(row), rest_norm = length(rest);
  if (norm == 0.0) throw ConfigError(where + ": all coefficients are zero");
  if (rest_norm < kDependent * norm)
    throw ConfigError(where + ": it is a linear mix of the entries before it, expected independent coordinates");
  scale(rest, 1.0 / rest_norm);
  basis.push_back(rest);
}

// The unit vector with the longest part outside the basis, made orthonormal. The margin makes the choice the same on every
// machine.
Row next_complement(const std::vector<Row> &basis, std::size_t n)
{
  Row best;
  double best_norm = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    Row unit(n, 0.0);
    unit[i] = 1.0;
    Row rest = outside(unit, basis);
    const double norm = length(rest);
    if (norm > best_norm + 1e-12) {
      best = rest;
      best_norm = norm;
    }
  }
  scale(best, 1.0 / best_norm);
  return best;
}

void check_counts(const Config &config, int n)
{
  const int n_cv = static_cast<int>(config.cg.size()), n_fine = static_cast<int>(config.fine.size());
  if (n_cv >= n)
    throw ConfigError("cg: got " + std::to_string(n_cv) + " CG variables for a system of " + std::to_string(n) +
                      " coordinates, expected at most " + std::to_string(n - 1) + ", so that a fine coordinate is left");
  if (n_fine != 0 && n_fine != n - n_cv)
    throw ConfigError("fine: got " + std::to_string(n_fine) + " fine coordinates beside " + std::to_string(n_cv) +
                      " CG variables of a system of " + std::to_string(n) + " coordinates, expected " +
                      std::to_string(n - n_cv) + ", or none to have them chosen");
}

}    // namespace

LinearMap::LinearMap(const Config &config, int n_atoms, int dimension)
    : n_atoms_(n_atoms), dimension_(dimension), space_(make_cg_space(config))
{
  const int n = n_atoms * dimension;
  check_counts(config, n);
  std::vector<Row> rows, basis;
  std::set<std::string> names;
  for (const auto &entry : config.cg) {
    const std::string where = "cg '" + entry.name + "'";
    rows.push_back(make_row(where, entry.linear, n_atoms, dimension));
    extend_basis(basis, rows.back(), where);
    names.insert(entry.name);
  }
  for (const auto &entry : config.fine) {
    const std::string where = "fine '" + entry.name + "'";
    if (entry.name.empty()) throw ConfigError("fine: a fine coordinate has an empty name");
    if (!names.insert(entry.name).second) throw ConfigError(where + ": the name is used twice");
    rows.push_back(make_row(where, entry.linear, n_atoms, dimension));
    extend_basis(basis, rows.back(), where);
    fine_.push_back({entry.name, FineCoordinate::Kind::unbounded, 0.0, 0.0});
  }
  for (int k = 1; static_cast<int>(rows.size()) < n; ++k) {
    basis.push_back(next_complement(basis, n));
    rows.push_back(basis.back());
    fine_.push_back({"fine" + std::to_string(k), FineCoordinate::Kind::unbounded, 0.0, 0.0});
  }
  matrix_ = at::empty({n, n}, at::kDouble);
  for (int i = 0; i < n; ++i) std::copy(rows[i].begin(), rows[i].end(), matrix_.data_ptr<double>() + i * n);
  inverse_ = at::linalg_inv(matrix_);
  log_det_ = -std::get<1>(at::linalg_slogdet(matrix_)).item<double>();
}

CoordinateMap::Internal LinearMap::to_internal(const Tensor &x) const
{
  check_shape("Cartesian coordinates", x, {-1, n_atoms_, 3});
  const auto batch = x.size(0);
  const Tensor flat = x.narrow(2, 0, dimension_).reshape({batch, n_atoms_ * dimension_});
  const Tensor q = at::matmul(flat, matrix_.t()).t();
  return {q.narrow(0, 0, n_cv()), q.narrow(0, n_cv(), n_fine()), at::full({batch}, log_det_, x.options())};
}

CoordinateMap::Cartesian LinearMap::to_cartesian(const Tensor &s, const Tensor &fine) const
{
  check_point(s, fine);
  const auto batch = s.size(1);
  // The product takes s and fine as they lie and gives x in the layout of energy models.
  Tensor x = at::matmul(at::cat({s, fine}, 0).t(), inverse_.t()).view({batch, n_atoms_, dimension_});
  if (dimension_ == 2) x = at::cat({x, at::zeros({batch, n_atoms_, 1}, x.options())}, 2);
  return {x, at::full({batch}, log_det_, x.options())};
}

CoordinateMap::PulledBack LinearMap::pull_back(const Tensor &s, const Tensor &fine, const Tensor &gx,
                                               const Tensor &g_log_det) const
{
  check_point(s, fine);
  check_gradient(s, gx, g_log_det);
  PulledBack out;
  if (gx.defined()) {
    const Tensor flat = gx.narrow(2, 0, dimension_).reshape({s.size(1), n_atoms_ * dimension_});
    const Tensor g = at::matmul(inverse_.t(), flat.t());
    out.by_x = {g.narrow(0, 0, n_cv()), g.narrow(0, n_cv(), n_fine())};
  }
  // log_det is constant.
  if (g_log_det.defined()) out.by_log_det = {at::zeros_like(s), at::zeros_like(fine)};
  return out;
}

}    // namespace cgflow
