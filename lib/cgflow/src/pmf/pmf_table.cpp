// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/pmf_table.h"

#include "base/grid_points.h"
#include "cgflow/error.h"
#include "kernels/spline_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cgflow {

namespace {
constexpr int kMaximumDimension = 3;
constexpr int kMinimumPoints = 4;
// Constants of sample(), see doc/Howto_cgflow_theory.rst, Constants.
constexpr int kFirstPoints = 17;           // per dimension of the coarsest grid
constexpr std::size_t kFewCells = 1000;    // cells that are checked before all of them
constexpr double kHigh = 20.0;             // kT over the minimum, where walkers never are: not checked
constexpr double kStdExcess = 10.0;        // the table's std may be too large by so many tolerances
// Sampling gives up when so many halvings of the spacing do not lower the error of F by this factor, from so many cells per
// dimension on. The shortest features of an ensemble, 0.05 of the range, then span six cells.
constexpr std::size_t kTableHalvings = 2;
constexpr double kTableGain = 0.5;
constexpr int kTrustedCells = 128;
constexpr double kStdTolerance = 0.05;    // and may deviate in either direction by this fraction of the std

kernels::SplineGrid make_grid(const CgSpace &space, const std::vector<int> &points, std::size_t n_f, std::size_t n_std)
{
  const int d = space.n_cv();
  if (d > kMaximumDimension) throw ModelError("PMF table: got " + std::to_string(d) + " CG variables, expected at most 3");
  if (static_cast<int>(points.size()) != d)
    throw ModelError("PMF table: got " + std::to_string(points.size()) + " numbers of grid points, expected " +
                     std::to_string(d));
  kernels::SplineGrid grid;
  grid.dimension = d;
  for (int k = 0; k < d; ++k) {
    if (points[k] < kMinimumPoints)
      throw ModelError("PMF table: got " + std::to_string(points[k]) + " grid points of '" + space[k].name +
                       "', expected at least 4");
    grid.points[k] = points[k];
    grid.periodic[k] = space[k].periodic;
    grid.lo[k] = space[k].lo;
    grid.spacing[k] = space[k].width() / grid.cells(k);
  }
  if (n_f != grid.size() || n_std != grid.size())
    throw ModelError("PMF table: got " + std::to_string(n_f) + " values of F and " + std::to_string(n_std) +
                     " of std, expected " + std::to_string(grid.size()) + " of each");
  return grid;
}

void check_values(const std::vector<double> &f, const std::vector<double> &std)
{
  for (std::size_t i = 0; i < f.size(); ++i) {
    if (!std::isfinite(f[i]))
      throw ModelError("PMF table: F at grid point " + std::to_string(i + 1) + " is " + std::to_string(f[i]) +
                       ", expected a finite number");
    if (!(std[i] >= 0.0))
      throw ModelError("PMF table: std at grid point " + std::to_string(i + 1) + " is " + std::to_string(std[i]) +
                       ", expected a number >= 0 or inf");
  }
}

// Of each CG variable `counts` values lo + (i + offset) * spacing.
std::vector<std::vector<double>> grid_axes(const CgSpace &space, const std::vector<int> &counts,
                                           const std::vector<double> &spacing, double offset)
{
  std::vector<std::vector<double>> axes(space.n_cv());
  for (int k = 0; k < space.n_cv(); ++k)
    for (int i = 0; i < counts[k]; ++i) {
      const double value = space[k].lo + (i + offset) * spacing[k];
      // Rounding may put the last point outside the range, where the std is infinite.
      axes[k].push_back(space[k].periodic ? value : std::min(value, space[k].hi));
    }
  return axes;
}
}    // namespace

struct PmfTable::Impl {
  CgSpace space;
  double kT;
  kernels::SplineTable table;
};

PmfTable::PmfTable(CgSpace space, double kT, std::vector<int> points, std::vector<double> f, std::vector<double> std)
{
  const kernels::SplineGrid grid = make_grid(space, points, f.size(), std.size());
  check_values(f, std);
  impl_ = std::make_unique<Impl>(Impl{std::move(space), kT, kernels::SplineTable(grid, f, std)});
}

PmfTable::~PmfTable() = default;

const CgSpace &PmfTable::space() const { return impl_->space; }

double PmfTable::kT() const { return impl_->kT; }

void PmfTable::evaluate(int n, const double *s, double *f, double *std, double *gradient) const
{
  impl_->table.evaluate(n, s, f, std, gradient);
}

namespace {
struct Values {
  std::vector<double> f, std;
};

Values evaluate_at(const PmfSurface &surface, const std::vector<double> &s)
{
  const std::size_t n = s.size() / surface.space().n_cv();
  Values v{std::vector<double>(n), std::vector<double>(n)};
  surface.evaluate(static_cast<int>(n), s.data(), v.f.data(), v.std.data(), nullptr);
  return v;
}

Values evaluate_on_grid(const PmfSurface &surface, const std::vector<std::vector<double>> &axes)
{
  std::size_t n = 1;
  for (const auto &axis : axes) n *= axis.size();
  Values v{std::vector<double>(n), std::vector<double>(n)};
  surface.evaluate_grid(axes, v.f.data(), v.std.data());
  return v;
}

// About n of the points at equal intervals.
std::vector<double> every_nth(const std::vector<double> &points, int d, std::size_t n)
{
  const std::size_t count = points.size() / d;
  if (count <= n) return points;
  // An odd stride visits all columns of a grid whose sides are powers of two.
  const std::size_t stride = count / n | 1;
  std::vector<double> few;
  for (std::size_t i = 0; i < count; i += stride)
    few.insert(few.end(), points.begin() + i * d, points.begin() + (i + 1) * d);
  return few;
}

bool agree(const Values &a, const Values &table, double high, double tolerance)
{
  for (std::size_t i = 0; i < a.f.size(); ++i) {
    if (a.f[i] > high) continue;
    if (!(std::abs(a.f[i] - table.f[i]) <= tolerance)) return false;
    // The table may show an unknown region as larger than it is, never as smaller.
    if (std::isinf(table.std[i])) continue;
    // Where all members of an ensemble cross, the std has a cusp that no grid resolves. A slightly larger std does no
    // harm there.
    const double excess = table.std[i] - a.std[i], share = kStdTolerance * a.std[i];
    if (!(excess <= kStdExcess * tolerance + share && -excess <= tolerance + share)) return false;
  }
  return true;
}

// Largest error of the table's F where agree() looks, in tolerances.
double largest_error(const Values &a, const Values &table, double high, double tolerance)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < a.f.size(); ++i)
    if (!(a.f[i] > high)) largest = std::max(largest, std::abs(a.f[i] - table.f[i]) / tolerance);
  return largest;
}

// The errors of F on the finer and finer grids. For a smooth F they fall by 16 with each halving of the spacing, but not
// for a discontinuity or for rounding errors of a large F.
class Errors {
 public:
  // True when halving the spacing no longer helps.
  bool stagnate(double error, int cells)
  {
    errors_.push_back(error);
    const std::size_t n = errors_.size();
    return cells >= kTrustedCells && n > kTableHalvings && error > 1.0 &&
           !(error < kTableGain * errors_[n - 1 - kTableHalvings]);
  }

 private:
  std::vector<double> errors_;
};
}    // namespace

std::unique_ptr<PmfTable> PmfTable::sample(const PmfSurface &surface, double tolerance, std::size_t max_points)
{
  const CgSpace &space = surface.space();
  const int d = space.n_cv();
  if (d > kMaximumDimension) return nullptr;
  Errors of_few, of_all;
  for (int cells = kFirstPoints - 1;; cells *= 2) {
    std::vector<int> points(d), cell_counts(d, cells);
    std::vector<double> spacing(d);
    std::size_t total = 1;
    for (int k = 0; k < d; ++k) {
      points[k] = space[k].periodic ? cells : cells + 1;
      spacing[k] = space[k].width() / cells;
      total *= points[k];
    }
    if (total > max_points) return nullptr;
    const Values knots = evaluate_on_grid(surface, grid_axes(space, points, spacing, 0.0));
    const double lowest = *std::min_element(knots.f.begin(), knots.f.end());
    const double high = surface.kT() > 0.0 ? lowest + kHigh * surface.kT() : std::numeric_limits<double>::infinity();
    auto table = std::make_unique<PmfTable>(space, surface.kT(), points, knots.f, knots.std);
    const std::vector<std::vector<double>> middles = grid_axes(space, cell_counts, spacing, 0.5);
    const std::vector<double> centers = grid_rows(middles);
    // A few cells already show that a grid is too coarse. All cells are checked only when these few agree.
    const std::vector<double> few = every_nth(centers, d, kFewCells);
    const Values few_f = evaluate_at(surface, few), few_table = evaluate_at(*table, few);
    if (!agree(few_f, few_table, high, tolerance)) {
      if (of_few.stagnate(largest_error(few_f, few_table, high, tolerance), cells)) return nullptr;
      continue;
    }
    const Values all = evaluate_on_grid(surface, middles), all_table = evaluate_at(*table, centers);
    if (agree(all, all_table, high, tolerance)) return table;
    if (of_all.stagnate(largest_error(all, all_table, high, tolerance), cells)) return nullptr;
  }
}

}    // namespace cgflow
