// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GENERALIZED_BORN_H
#define LMP_CGFLOW_GENERALIZED_BORN_H

#include <vector>

namespace LAMMPS_NS::CGFlow {

/// Constants of a generalized Born model with a surface-area term. Any consistent units.
struct GeneralizedBornModel {
  double alpha, beta, gamma;    // of tanh(alpha psi - beta psi^2 + gamma psi^3)
  double offset;                // length by which an intrinsic radius is reduced in the Born integrals
  double probe;                 // length, radius of a solvent molecule in the surface term
  double surface;               // energy/length^2, coefficient of the surface term
  double coulomb;               // energy length/charge^2, Coulomb constant times (1/solute - 1/solvent)
};

/// One molecule, atom by atom: what goes in, what comes out, and the room for its pairs.
class GeneralizedBornMolecule {
 public:
  // In. x, y, z need not be near the origin, but the virial loses digits far from it.
  std::vector<double> x, y, z, q, radius, scale;    // [n]; radius > offset
  // Out.
  std::vector<double> born;              // [n], Born radii
  std::vector<double> polar, surface;    // [n], energies; a pair's energy goes half to each of its atoms
  std::vector<double> fx, fy, fz;        // [n]

  void resize(int n);
  int size() const { return static_cast<int>(x.size()); }

  /// Energies and forces from positions, charges and radii.
  void evaluate(const GeneralizedBornModel &model);
  /// Virials of the atoms [n, 6] (xx, yy, zz, xy, xz, yz) of the last evaluation: every force is between two atoms and
  /// along their distance, and its virial goes half to each.
  void atom_virials(std::vector<double> &virial) const;

  double memory_usage() const;

 private:
  void born_integrals();
  void born_radii(const GeneralizedBornModel &model);
  void polar_energies(const GeneralizedBornModel &model);
  void surface_energies(const GeneralizedBornModel &model);
  void forces();

  std::vector<double> rho, rho_inverse, scaled;    // [n], radius - offset, its inverse, scale times it
  std::vector<double> integral;                    // [n], Born integral
  std::vector<double> slope;                       // [n], d born/d integral
  std::vector<double> by_born;                     // [n], dE/d born, then dE/d integral
  // Pairs (i, j < i) at i (i - 1)/2 + j.
  std::vector<double> r_squared, r_inverse;
  std::vector<double> descreened, descreening;    // d integral[i]/dr and d integral[j]/dr
  std::vector<double> pull;                       // -dE/dr / r
};

}    // namespace LAMMPS_NS::CGFlow

#endif
