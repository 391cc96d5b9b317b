// SPDX-License-Identifier: GPL-2.0-only
// Pairs (i, j < i) lie in rows of unit stride, so that loops along a row need no gather. Each row is padded to whole vectors
// of W numbers: scalar code for a remainder would take longer than the pairs of a small molecule. The places j >= i of a row
// are computed like all others, from the atoms that are there, and are left out of all sums. A sum has W parts, so its order
// depends on W alone.
#include "cgflow/generalized_born.h"

#include "instruction_set.h"
#include "lanes.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

namespace cgflow {
namespace {

/// Arrays of one molecule. Those of atoms are padded to a multiple of `width`; the padding of an input repeats the last
/// atom.
struct Work {
  int n = 0, width = 1;                           // atoms; length of a vector
  double *x, *y, *z, *q;                          // [n]
  double *radius, *rho, *rho_inverse, *scaled;    // [n], intrinsic radius, radius - offset, its inverse, scale times it
  double *integral, *born, *born_inverse;         // [n], Born integral, Born radius and its inverse
  double *slope, *by_born;                        // [n], d born/d integral; dE/d born, later dE/d integral
  double *polar, *surface, *fx, *fy, *fz;         // [n]
  double *pull;                                   // [pairs], squared distance, later -dE/dr / r
  double *by_i, *by_j;                            // [pairs], d integral[i]/dr / r and d integral[j]/dr / r
};
constexpr int kAtomArrays = 18, kPairArrays = 3;

CGFLOW_INLINE std::int64_t padded(std::int64_t n, std::int64_t width) { return (n + width - 1) / width * width; }

/// The row of atom i in the arrays of pairs: its first place and its length, a multiple of the width.
struct Row {
  int i = 0;
  std::int64_t at = 0, length = 0;
  CGFLOW_INLINE void next(std::int64_t width)
  {
    at += length;
    length = padded(++i, width);
  }
};

// Row::at of atom i, and for i = n the number of places: rows 1 to width have one vector, the next `width` rows two, and so
// on.
std::int64_t begin_of_row(std::int64_t i, std::int64_t width)
{
  if (i == 0) return 0;
  const std::int64_t whole = (i - 1) / width, rest = (i - 1) % width;
  return width * (width * whole * (whole + 1) / 2 + rest * (whole + 1));
}

// In double, since a comparison of integers of another size keeps the compiler from using the longest vectors.
alignas(64) constexpr double kNumber[] = {0, 1, 2, 3, 4, 5, 6, 7};

// Pairwise, so that the additions need not wait for each other.
template <int W> CGFLOW_INLINE double total(const double *lanes)
{
  if constexpr (W == 1)
    return lanes[0];
  else {
    double halves[W / 2];
    for (int l = 0; l < W / 2; ++l) halves[l] = lanes[l] + lanes[l + W / 2];
    return total<W / 2>(halves);
  }
}

/// Contribution of an atom j of scaled radius s at distance r to the Born integral of an atom i of reduced radius rho: an
/// integral over the part of j's sphere outside i, from `lower` to `upper`. The ends add nothing to the derivative by r,
/// which is slope * r. Selections instead of branches, and no struct of the two results: both would keep the compiler from
/// vectorizing.
CGFLOW_INLINE double descreen(double r, double r_inverse, double rho, double rho_inverse, double s, double &slope)
{
  const double upper = r + s, distance = std::fabs(r - s);
  const double outer = distance > rho ? distance : rho;
  // Where j lies wholly inside i the interval is empty.
  const double lower = outer < upper ? outer : upper;
  const double both = 1.0 / (lower * upper);    // one division for two inverses
  const double l = upper * both, u = lower * both;
  const double squares = l * l - u * u, ratio = s * r_inverse, square_ratio = ratio * ratio;
  const double by_r = r_inverse * log(lower * u);
  // Where i lies wholly inside j, j also fills the sphere around i.
  const double inner = rho < s - r ? l : rho_inverse;
  slope = r_inverse * (-0.125 * squares * (1.0 + square_ratio) - 0.25 * r_inverse * by_r);
  return 0.5 * (l - u) + 0.125 * r * squares * (square_ratio - 1.0) + 0.25 * by_r + (rho_inverse - inner);
}

template <int W> CGFLOW_INLINE void integrals_of_row(const Work &w, const Row &row)
{
  const std::int64_t i = row.i;
  const double *x = w.x, *y = w.y, *z = w.z, *rho = w.rho, *rho_inverse = w.rho_inverse, *scaled = w.scaled;
  double *square = w.pull + row.at, *by_i = w.by_i + row.at, *by_j = w.by_j + row.at, *integral = w.integral;
  const double xi = x[i], yi = y[i], zi = z[i], rho_i = rho[i], rho_inverse_i = rho_inverse[i], scaled_i = scaled[i];
  // Atoms at the same place have a finite energy and no direction to push each other in. NaN stays NaN.
  const double least = 1e-12 * rho_i * rho_i;
  double sum[W] = {};
  for (int first = 0; first < row.length; first += W) {
    const double rest = static_cast<double>(i - first);
#pragma omp simd
    for (std::int64_t l = 0; l < W; ++l) {
      const std::int64_t j = first + l;
      const double dx = xi - x[j], dy = yi - y[j], dz = zi - z[j];
      const double exact = dx * dx + dy * dy + dz * dz;
      const double bounded = exact < least ? least : exact, r = std::sqrt(bounded), inverse = 1.0 / r;
      double slope_i, slope_j;
      const double of_i = descreen(r, inverse, rho_i, rho_inverse_i, scaled[j], slope_i);
      const double of_j = descreen(r, inverse, rho[j], rho_inverse[j], scaled_i, slope_j);
      sum[l] += kNumber[l] < rest ? of_i : 0.0;
      integral[j] += kNumber[l] < rest ? of_j : 0.0;
      square[j] = bounded;
      by_i[j] = slope_i;
      by_j[j] = slope_j;
    }
  }
  integral[i] += total<W>(sum);
}

template <int W> CGFLOW_INLINE void energies_of_row(const Work &w, const GeneralizedBornModel &model, const Row &row)
{
  const std::int64_t i = row.i;
  const double *born = w.born, *born_inverse = w.born_inverse, *q = w.q;
  double *pull = w.pull + row.at, *polar = w.polar, *by_born = w.by_born;
  const double born_i = born[i], quarter_inverse_i = 0.25 * born_inverse[i], factor = -model.coulomb * q[i];
  double energy[W] = {}, by_born_i[W] = {};
  for (int first = 0; first < row.length; first += W) {
    const double rest = static_cast<double>(i - first);
#pragma omp simd
    for (std::int64_t l = 0; l < W; ++l) {
      const std::int64_t j = first + l;
      const double square = pull[j], product = born_i * born[j], far = square * (quarter_inverse_i * born_inverse[j]);
      // The exponential of a larger argument adds nothing, and libmvec would leave it to scalar code.
      const double d = far > 700.0 ? 700.0 : far, screening = exp(-d);
      const double inverse = 1.0 / (square + product * screening);
      const double pair = factor * q[j] * std::sqrt(inverse), half = 0.5 * pair;
      const double by_product = -half * inverse * screening * (1.0 + d);
      pull[j] = pair * inverse * (1.0 - 0.25 * screening);
      energy[l] += kNumber[l] < rest ? half : 0.0;
      polar[j] += kNumber[l] < rest ? half : 0.0;
      by_born_i[l] += kNumber[l] < rest ? by_product * born[j] : 0.0;
      by_born[j] += kNumber[l] < rest ? by_product * born_i : 0.0;
    }
  }
  const double self = 0.5 * factor * q[i] * born_inverse[i];
  polar[i] += total<W>(energy) + self;
  by_born[i] += total<W>(by_born_i) - self * born_inverse[i];
}

template <int W> CGFLOW_INLINE void forces_of_row(const Work &w, const Row &row)
{
  const std::int64_t i = row.i;
  const double *x = w.x, *y = w.y, *z = w.z, *by_integral = w.by_born, *by_i = w.by_i + row.at, *by_j = w.by_j + row.at;
  double *pull = w.pull + row.at, *fx = w.fx, *fy = w.fy, *fz = w.fz;
  const double xi = x[i], yi = y[i], zi = z[i], by_integral_i = by_integral[i];
  double sum_x[W] = {}, sum_y[W] = {}, sum_z[W] = {};
  for (int first = 0; first < row.length; first += W) {
    const double rest = static_cast<double>(i - first);
#pragma omp simd
    for (std::int64_t l = 0; l < W; ++l) {
      const std::int64_t j = first + l;
      const double all = pull[j] - (by_integral_i * by_i[j] + by_integral[j] * by_j[j]),
                   total = kNumber[l] < rest ? all : 0.0;
      const double gx = total * (xi - x[j]), gy = total * (yi - y[j]), gz = total * (zi - z[j]);
      pull[j] = total;
      sum_x[l] += gx;
      sum_y[l] += gy;
      sum_z[l] += gz;
      fx[j] -= gx;
      fy[j] -= gy;
      fz[j] -= gz;
    }
  }
  fx[i] += total<W>(sum_x);
  fy[i] += total<W>(sum_y);
  fz[i] += total<W>(sum_z);
}

template <int W> CGFLOW_INLINE void radii(const Work &w, const GeneralizedBornModel &model)
{
  const double *integral = w.integral, *rho = w.rho, *rho_inverse = w.rho_inverse, *radius = w.radius;
  double *born = w.born, *born_inverse = w.born_inverse, *slope = w.slope;
  const double alpha = model.alpha, beta = model.beta, gamma = model.gamma;
  for (std::int64_t first = 0; first < w.n; first += W)
#pragma omp simd
    for (std::int64_t i = first; i < first + W; ++i) {
      const double psi = rho[i] * integral[i], argument = psi * (alpha - psi * (beta - psi * gamma));
      // tanh by one exponential, which no argument lets overflow.
      const double size = std::fabs(argument), bounded = size > 300.0 ? 300.0 : size, e = exp(-2.0 * bounded);
      const double t = __builtin_copysign((1.0 - e) / (1.0 + e), argument);
      born_inverse[i] = rho_inverse[i] - t / radius[i];
      born[i] = 1.0 / born_inverse[i];
      const double by_psi = (1.0 - t * t) * (alpha - psi * (2.0 * beta - 3.0 * psi * gamma));
      slope[i] = born[i] * born[i] * by_psi * rho[i] / radius[i];
    }
}

template <int W> CGFLOW_INLINE void surfaces(const Work &w, const GeneralizedBornModel &model)
{
  const double *radius = w.radius, *born_inverse = w.born_inverse, *slope = w.slope;
  double *surface = w.surface, *by_born = w.by_born;
  const double probe = model.probe, coefficient = model.surface;
  for (std::int64_t first = 0; first < w.n; first += W)
#pragma omp simd
    for (std::int64_t i = first; i < first + W; ++i) {
      const double reach = radius[i] + probe, ratio = radius[i] * born_inverse[i], cube = ratio * ratio * ratio;
      const double energy = coefficient * reach * reach * cube * cube;
      surface[i] = energy;
      by_born[i] = (by_born[i] - 6.0 * energy * born_inverse[i]) * slope[i];
    }
}

template <int W> CGFLOW_INLINE void evaluate_by(const Work &w, const GeneralizedBornModel &model)
{
  for (double *sums : {w.integral, w.polar, w.by_born, w.fx, w.fy, w.fz}) std::fill_n(sums, padded(w.n, W), 0.0);
  for (Row row; row.i < w.n; row.next(W)) integrals_of_row<W>(w, row);
  radii<W>(w, model);
  for (Row row; row.i < w.n; row.next(W)) energies_of_row<W>(w, model, row);
  surfaces<W>(w, model);
  for (Row row; row.i < w.n; row.next(W)) forces_of_row<W>(w, row);
}

// W is the length of a vector of the instruction set.
void evaluate_plain(const Work &w, const GeneralizedBornModel &model) { evaluate_by<2>(w, model); }
#ifdef CGFLOW_X86
CGFLOW_TARGET_avx2 void evaluate_avx2(const Work &w, const GeneralizedBornModel &model) { evaluate_by<4>(w, model); }
CGFLOW_TARGET_avx512 void evaluate_avx512(const Work &w, const GeneralizedBornModel &model) { evaluate_by<8>(w, model); }
#endif

void evaluate_molecule(const Work &w, const GeneralizedBornModel &model)
{
#ifdef CGFLOW_X86
  if (w.width == 8) return evaluate_avx512(w, model);
  if (w.width == 4) return evaluate_avx2(w, model);
#endif
  evaluate_plain(w, model);
}

}    // namespace

struct GeneralizedBornMolecule::Room {
  Work work{};
  std::int64_t numbers = 0;
  std::unique_ptr<kernels::LaneSpace> space;
};

GeneralizedBornMolecule::GeneralizedBornMolecule() : room_(std::make_unique<Room>()) {}
GeneralizedBornMolecule::~GeneralizedBornMolecule() = default;
GeneralizedBornMolecule::GeneralizedBornMolecule(GeneralizedBornMolecule &&) noexcept = default;
GeneralizedBornMolecule &GeneralizedBornMolecule::operator=(GeneralizedBornMolecule &&) noexcept = default;

void GeneralizedBornMolecule::resize(int n)
{
  for (auto *v : {&x, &y, &z, &q, &radius, &scale, &born, &polar, &surface, &fx, &fy, &fz}) v->resize(n);
  Work &w = room_->work;
  w.n = n;
  w.width = kernels::vector_length<double>(kernels::instruction_set());
  // The longest row has n - 1 places: with shorter vectors 4 atoms take 0.31 instead of 0.43 microseconds.
  while (w.width > 2 && w.width / 2 >= n - 1) w.width /= 2;
  const std::int64_t atoms = padded(n, w.width), pairs = begin_of_row(n, w.width),
                     numbers = kAtomArrays * atoms + kPairArrays * pairs;
  if (numbers > room_->numbers) {
    room_->space = std::make_unique<kernels::LaneSpace>(numbers);
    room_->numbers = numbers;
  }
  if (n == 0) return;
  double *next = room_->space->data();
  for (double **array : {&w.x, &w.y, &w.z, &w.q, &w.radius, &w.rho, &w.rho_inverse, &w.scaled, &w.integral, &w.born,
                         &w.born_inverse, &w.slope, &w.by_born, &w.polar, &w.surface, &w.fx, &w.fy, &w.fz}) {
    *array = next;
    next += atoms;
  }
  for (double **array : {&w.pull, &w.by_i, &w.by_j}) {
    *array = next;
    next += pairs;
  }
}

void GeneralizedBornMolecule::evaluate(const GeneralizedBornModel &model)
{
  const Work &w = room_->work;
  const int n = size();
  for (int i = 0, end = static_cast<int>(padded(n, w.width)); i < end; ++i) {
    const int from = std::min(i, n - 1);
    w.x[i] = x[from], w.y[i] = y[from], w.z[i] = z[from], w.q[i] = q[from];
    w.radius[i] = radius[from];
    w.rho[i] = radius[from] - model.offset;
    w.rho_inverse[i] = 1.0 / w.rho[i];
    w.scaled[i] = scale[from] * w.rho[i];
  }
  evaluate_molecule(w, model);
  std::copy_n(w.born, n, born.begin());
  std::copy_n(w.polar, n, polar.begin());
  std::copy_n(w.surface, n, surface.begin());
  std::copy_n(w.fx, n, fx.begin());
  std::copy_n(w.fy, n, fy.begin());
  std::copy_n(w.fz, n, fz.begin());
}

void GeneralizedBornMolecule::atom_virials(std::vector<double> &virial) const
{
  const int n = size(), width = room_->work.width;
  virial.assign(6 * static_cast<std::size_t>(n), 0.0);
  for (int i = 0; i < n; ++i) {
    const double *pull = room_->work.pull + begin_of_row(i, width);
    for (int j = 0; j < i; ++j) {
      const double half = 0.5 * pull[j], dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j];
      const double v[6] = {half * dx * dx, half * dy * dy, half * dz * dz, half * dx * dy, half * dx * dz, half * dy * dz};
      for (int k = 0; k < 6; ++k) {
        virial[6 * i + k] += v[k];
        virial[6 * j + k] += v[k];
      }
    }
  }
}

double GeneralizedBornMolecule::memory_usage() const
{
  return sizeof(double) * static_cast<double>(12 * x.capacity() + static_cast<std::size_t>(room_->numbers));
}

}    // namespace cgflow
