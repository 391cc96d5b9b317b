// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_GENERALIZED_BORN_H
#define CGFLOW_GENERALIZED_BORN_H

#include <memory>
#include <vector>

namespace cgflow {

/// Constants of a generalized Born model with a surface-area term, in any consistent units.
struct GeneralizedBornModel {
  double alpha, beta, gamma;    ///< of tanh(alpha psi - beta psi^2 + gamma psi^3)
  double offset;                ///< length by which an intrinsic radius is reduced in the Born integrals
  double probe;                 ///< length, radius of a solvent molecule in the surface term
  double surface;               ///< energy/length^2, coefficient of the surface term
  double coulomb;               ///< energy length/charge^2, Coulomb constant times (1/solute - 1/solvent)
};

/// Energies and forces of one molecule in implicit solvent, over all pairs of its atoms without a cutoff: generalized Born
/// by Onufriev, Bashford and Case, Proteins 55, 383 (2004), with the pairwise Born integrals of Hawkins, Cramer and Truhlar,
/// J. Phys. Chem. 100, 19824 (1996), and the surface term of Schaefer, Bartels and Karplus, J. Mol. Biol. 284, 835 (1998)
/// with the sixth power of the ratio of radii. Time and memory grow with n^2: 24 bytes for each pair.
class GeneralizedBornMolecule {
 public:
  GeneralizedBornMolecule();
  ~GeneralizedBornMolecule();
  GeneralizedBornMolecule(GeneralizedBornMolecule &&) noexcept;
  GeneralizedBornMolecule &operator=(GeneralizedBornMolecule &&) noexcept;

  /// Input of evaluate(), each [n]; radius > offset, scale >= 0. Positions may lie anywhere, but the virial loses digits far
  /// from the origin.
  std::vector<double> x, y, z, q, radius, scale;
  /// Output of evaluate(), each [n]: Born radii, energies and forces. Each atom of a pair gets half of the pair's energy.
  std::vector<double> born, polar, surface, fx, fy, fz;

  /// Sets the number of atoms, of all input and output arrays, at least 0. Memory is kept for later molecules that are no
  /// larger.
  void resize(int n);
  int size() const { return static_cast<int>(x.size()); }

  /// Computes the output from the input. An input that is not finite makes all energies NaN or infinite.
  void evaluate(const GeneralizedBornModel &model);
  /// Virials of the atoms of the last evaluation, [n, 6] in the order xx, yy, zz, xy, xz, yz. Each atom of a pair gets half
  /// of the virial of their force, which points along their distance.
  void atom_virials(std::vector<double> &virial) const;

  /// Bytes that this object holds.
  double memory_usage() const;

 private:
  struct Room;
  std::unique_ptr<Room> room_;
};

}    // namespace cgflow

#endif
