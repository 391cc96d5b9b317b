// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/linear_map.h"

#include "base/tensor_shape.h"
#include "cgflow/collective_variables.h"
#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace cgflow {
namespace {

using Row = std::vector<double>;

// A row counts as dependent when its part outside the span of the others is shorter than this fraction of it: the inverse
// would lose more than half of the digits.
constexpr double kDependent = 1e-8;
// Coordinates up to which scalar products are plain sums.
constexpr std::size_t kPlainSums = 96;

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

// Orthonormal vectors with the part of each that is not zero. Most vectors of a complement are unit vectors, so that
// nearly all products are skipped.
class Basis {
 public:
  void add(const Row &row)
  {
    const auto zero = [](double v) { return v == 0.0; };
    const auto first = std::find_if_not(row.begin(), row.end(), zero);
    const auto last = std::find_if_not(row.rbegin(), row.rend(), zero).base();
    vectors_.push_back({static_cast<std::size_t>(first - row.begin()), first < last ? Row(first, last) : Row()});
  }
  // row -= (row . b) b for each vector b in turn.
  void remove_from(Row &row) const
  {
    for (const auto &[first, part] : vectors_) {
      double *x = row.data() + first;
      const double overlap = dot(part, x, row.size());
      if (overlap == 0.0) continue;
      for (std::size_t i = 0; i < part.size(); ++i) x[i] -= overlap * part[i];
    }
  }

 private:
  struct Vector {
    std::size_t first;
    Row part;
  };
  // Eight sums side by side do not wait for each other: a third of the time for 900 coordinates. Small systems keep the
  // order of one sum.
  static double dot(const Row &b, const double *x, std::size_t n)
  {
    double sum = 0.0;
    std::size_t i = 0;
    if (n > kPlainSums) {
      double sums[8] = {};
      for (; i + 8 <= b.size(); i += 8)
        for (std::size_t k = 0; k < 8; ++k) sums[k] += b[i + k] * x[i + k];
      for (const double s : sums) sum += s;
    }
    for (; i < b.size(); ++i) sum += b[i] * x[i];
    return sum;
  }
  std::vector<Vector> vectors_;
};

// The part of `row` outside the span of the orthonormal `basis`. Two passes, because one loses digits for nearly dependent
// rows.
Row outside(Row row, const Basis &basis)
{
  for (int pass = 0; pass < 2; ++pass) basis.remove_from(row);
  return row;
}

void scale(Row &row, double factor)
{
  for (double &v : row) v *= factor;
}

// Adds the unit vector along the part of `row` outside the basis. `square` [n] holds the squared length of the part of
// each unit vector outside the basis, and is updated.
Row add_to_basis(Basis &basis, std::vector<double> &square, Row rest, double norm)
{
  scale(rest, 1.0 / norm);
  for (std::size_t i = 0; i < rest.size(); ++i) square[i] -= rest[i] * rest[i];
  basis.add(rest);
  return rest;
}

void extend_basis(Basis &basis, std::vector<double> &square, const Row &row, const std::string &where)
{
  const Row rest = outside(row, basis);
  const double norm = length(row), rest_norm = length(rest);
  if (norm == 0.0) throw ConfigError(where + ": all coefficients are zero");
  if (rest_norm < kDependent * norm)
    throw ConfigError(where + ": it is a linear mix of the entries before it, expected independent coordinates");
  add_to_basis(basis, square, rest, rest_norm);
}

// The unit vector with the longest part outside the basis, made orthonormal. The margin makes the choice the same on every
// machine. The lengths are known from `square`, so that one vector is projected and not all of them.
Row next_complement(Basis &basis, std::vector<double> &square)
{
  const std::size_t n = square.size();
  std::size_t best = 0;
  double best_norm = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    const double norm = std::sqrt(std::max(0.0, square[i]));
    if (norm > best_norm + 1e-12) {
      best = i;
      best_norm = norm;
    }
  }
  Row unit(n, 0.0);
  unit[best] = 1.0;
  const Row rest = outside(unit, basis);
  return add_to_basis(basis, square, rest, length(rest));
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
  std::vector<Row> rows;
  Basis basis;
  std::vector<double> square(n, 1.0);
  std::set<std::string> names;
  for (const auto &entry : config.cg) {
    const std::string where = "cg '" + entry.name + "'";
    rows.push_back(make_row(where, entry.linear, n_atoms, dimension));
    extend_basis(basis, square, rows.back(), where);
    names.insert(entry.name);
  }
  for (const auto &entry : config.fine) {
    const std::string where = "fine '" + entry.name + "'";
    if (entry.name.empty()) throw ConfigError("fine: a fine coordinate has an empty name");
    if (!names.insert(entry.name).second) throw ConfigError(where + ": the name is used twice");
    rows.push_back(make_row(where, entry.linear, n_atoms, dimension));
    extend_basis(basis, square, rows.back(), where);
    fine_.push_back({entry.name, FineCoordinate::Kind::unbounded, 0.0, 0.0});
  }
  for (int k = 1; static_cast<int>(rows.size()) < n; ++k) {
    rows.push_back(next_complement(basis, square));
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
