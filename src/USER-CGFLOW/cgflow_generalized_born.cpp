// SPDX-License-Identifier: GPL-2.0-only
// Generalized Born by Onufriev, Bashford and Case, Proteins 55, 383 (2004), with the pairwise Born integrals of Hawkins,
// Cramer and Truhlar, J. Phys. Chem. 100, 19824 (1996), and the surface term of Schaefer, Bartels and Karplus, J. Mol.
// Biol. 284, 835 (1998) with the sixth power of the radii's ratio.
//
// All loops over pairs run along a row (i, j < i) of packed arrays, so that the inner one has unit stride and no gather.
#include "cgflow_generalized_born.h"

#include "cgflow_vector_math.h"

#include <cmath>
#include <cstddef>

namespace LAMMPS_NS::CGFlow {

namespace {

std::size_t row(int i) { return static_cast<std::size_t>(i) * (i - 1) / 2; }

// What an atom j of scaled radius s at distance r takes from the Born integral of an atom i of reduced radius rho. The
// integral runs over the part of j's sphere outside i, from L to U; the ends add nothing to the derivative, `slope`.
// Minima, maxima and choices between two known values instead of branches, and no struct of the two results: these keep the
// compiler from vectorizing.
inline double descreen(double r, double r_inverse, double rho, double rho_inverse, double s, double &slope)
{
  const double upper = r + s, distance = std::fabs(r - s);
  const double outer = distance > rho ? distance : rho;
  // j wholly inside i takes nothing: the interval is empty.
  const double lower = outer < upper ? outer : upper;
  const double both = 1.0 / (lower * upper);    // one division for two inverses
  const double l = upper * both, u = lower * both;
  const double squares = l * l - u * u, ratio = s * r_inverse, square_ratio = ratio * ratio;
  const double by_r = r_inverse * vector_log(lower * u);
  // i wholly inside j: the sphere around i that j fills as well.
  const double inner = rho < s - r ? l : rho_inverse;
  slope = -0.125 * squares * (1.0 + square_ratio) - 0.25 * r_inverse * by_r;
  return 0.5 * (l - u) + 0.125 * r * squares * (square_ratio - 1.0) + 0.25 * by_r + (rho_inverse - inner);
}

// Pairs of atom i with all before it: adds what i takes from their integrals to sums[j], and returns i's own sum. A function of
// its own, with pointers that do not alias and results that pass through local values: only so is the loop vectorized, which
// takes an alanine dipeptide from 14 to 9.5 microseconds with SSE2.
double integrals_of_row(int i, const double *__restrict x, const double *__restrict y, const double *__restrict z,
                        const double *__restrict rho, const double *__restrict rho_inverse, const double *__restrict scaled,
                        double *__restrict r_squared, double *__restrict r_inverse, double *__restrict slopes_i,
                        double *__restrict slopes_j, double *__restrict sums)
{
  const double xi = x[i], yi = y[i], zi = z[i], rho_i = rho[i], rho_inverse_i = rho_inverse[i], scaled_i = scaled[i];
  // Atoms on top of each other have a finite energy, and no direction to push each other in. What is not a number stays so.
  const double least = 1e-12 * rho_i * rho_i;
  double sum = 0.0;
#pragma omp simd reduction(+ : sum)
  for (int j = 0; j < i; ++j) {
    const double dx = xi - x[j], dy = yi - y[j], dz = zi - z[j];
    const double square = dx * dx + dy * dy + dz * dz;
    const double bounded = square < least ? least : square, r = std::sqrt(bounded), inverse = 1.0 / r;
    double slope_i, slope_j;
    sum += descreen(r, inverse, rho_i, rho_inverse_i, scaled[j], slope_i);
    sums[j] += descreen(r, inverse, rho[j], rho_inverse[j], scaled_i, slope_j);
    r_squared[j] = bounded;
    r_inverse[j] = inverse;
    slopes_i[j] = slope_i;
    slopes_j[j] = slope_j;
  }
  return sum;
}

}    // namespace

void GeneralizedBornMolecule::resize(int n)
{
  for (auto *v : {&x, &y, &z, &q, &radius, &scale, &born, &polar, &surface, &fx, &fy, &fz, &rho, &rho_inverse, &scaled,
                  &integral, &slope, &by_born})
    v->resize(n);
  for (auto *v : {&r_squared, &r_inverse, &descreened, &descreening, &pull}) v->resize(row(n));
}

void GeneralizedBornMolecule::evaluate(const GeneralizedBornModel &model)
{
  const int n = size();
  for (int i = 0; i < n; ++i) {
    rho[i] = radius[i] - model.offset;
    rho_inverse[i] = 1.0 / rho[i];
    scaled[i] = scale[i] * rho[i];
  }
  born_integrals();
  born_radii(model);
  polar_energies(model);
  surface_energies(model);
  forces();
}

void GeneralizedBornMolecule::born_integrals()
{
  const int n = size();
  for (int i = 0; i < n; ++i)
    integral[i] = integrals_of_row(i, x.data(), y.data(), z.data(), rho.data(), rho_inverse.data(), scaled.data(),
                                   r_squared.data() + row(i), r_inverse.data() + row(i), descreened.data() + row(i),
                                   descreening.data() + row(i), integral.data());
}

void GeneralizedBornMolecule::born_radii(const GeneralizedBornModel &model)
{
  for (int i = 0; i < size(); ++i) {
    const double psi = rho[i] * integral[i];
    const double t = std::tanh(psi * (model.alpha - psi * (model.beta - psi * model.gamma)));
    born[i] = 1.0 / (rho_inverse[i] - t / radius[i]);
    const double by_psi = (1.0 - t * t) * (model.alpha - psi * (2.0 * model.beta - 3.0 * psi * model.gamma));
    slope[i] = born[i] * born[i] * by_psi * rho[i] / radius[i];
  }
}

void GeneralizedBornMolecule::polar_energies(const GeneralizedBornModel &model)
{
  const int n = size();
  for (int i = 0; i < n; ++i) {
    const double born_i = born[i], factor = -model.coulomb * q[i];
    const double *borns = born.data(), *charges = q.data(), *r2 = r_squared.data() + row(i);
    double *pulls = pull.data() + row(i), *energies = polar.data(), *slopes = by_born.data();
    double energy = 0.0, by_born_i = 0.0;
#pragma omp simd reduction(+ : energy, by_born_i)
    for (int j = 0; j < i; ++j) {
      const double product = born_i * borns[j], d = 0.25 * r2[j] / product;
      const double screening = vector_exp_minus(d);
      const double inverse = 1.0 / (r2[j] + product * screening);
      const double pair = factor * charges[j] * std::sqrt(inverse);
      const double by_product = -0.5 * pair * inverse * screening * (1.0 + d);
      pulls[j] = pair * inverse * (1.0 - 0.25 * screening);
      energy += 0.5 * pair;
      energies[j] += 0.5 * pair;
      by_born_i += by_product * borns[j];
      slopes[j] += by_product * born_i;
    }
    const double self = 0.5 * factor * q[i] / born_i;
    polar[i] = energy + self;
    by_born[i] = by_born_i - self / born_i;
  }
}

void GeneralizedBornMolecule::surface_energies(const GeneralizedBornModel &model)
{
  for (int i = 0; i < size(); ++i) {
    const double reach = radius[i] + model.probe, ratio = radius[i] / born[i], cube = ratio * ratio * ratio;
    surface[i] = model.surface * reach * reach * cube * cube;
    by_born[i] -= 6.0 * surface[i] / born[i];
    by_born[i] *= slope[i];
  }
}

void GeneralizedBornMolecule::forces()
{
  const int n = size();
  for (int i = 0; i < n; ++i) {
    const double xi = x[i], yi = y[i], zi = z[i], by_integral_i = by_born[i];
    const double *xs = x.data(), *ys = y.data(), *zs = z.data(), *by_integral = by_born.data();
    const double *r_inv = r_inverse.data() + row(i);
    const double *of_i = descreened.data() + row(i), *of_j = descreening.data() + row(i);
    double *pulls = pull.data() + row(i), *fxs = fx.data(), *fys = fy.data(), *fzs = fz.data();
    double sum_x = 0.0, sum_y = 0.0, sum_z = 0.0;
#pragma omp simd reduction(+ : sum_x, sum_y, sum_z)
    for (int j = 0; j < i; ++j) {
      const double total = pulls[j] - r_inv[j] * (by_integral_i * of_i[j] + by_integral[j] * of_j[j]);
      const double gx = total * (xi - xs[j]), gy = total * (yi - ys[j]), gz = total * (zi - zs[j]);
      pulls[j] = total;
      sum_x += gx;
      sum_y += gy;
      sum_z += gz;
      fxs[j] -= gx;
      fys[j] -= gy;
      fzs[j] -= gz;
    }
    fx[i] = sum_x;
    fy[i] = sum_y;
    fz[i] = sum_z;
  }
}

void GeneralizedBornMolecule::atom_virials(std::vector<double> &virial) const
{
  const int n = size();
  virial.assign(6 * static_cast<std::size_t>(n), 0.0);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < i; ++j) {
      const double half = 0.5 * pull[row(i) + j], dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j];
      const double v[6] = {half * dx * dx, half * dy * dy, half * dz * dz, half * dx * dy, half * dx * dz, half * dy * dz};
      for (int k = 0; k < 6; ++k) {
        virial[6 * i + k] += v[k];
        virial[6 * j + k] += v[k];
      }
    }
}

double GeneralizedBornMolecule::memory_usage() const
{
  return sizeof(double) * static_cast<double>(18 * x.capacity() + 5 * r_squared.capacity());
}

}    // namespace LAMMPS_NS::CGFlow
