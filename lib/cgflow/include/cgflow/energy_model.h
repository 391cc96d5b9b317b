// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_ENERGY_MODEL_H
#define CGFLOW_ENERGY_MODEL_H

namespace cgflow {

/// All-atom potential energies and forces of one molecule; the glue implements it with a child LAMMPS.
class EnergyModel {
 public:
  virtual ~EnergyModel() = default;
  virtual int n_atoms() const = 0;

  /// Energies and forces of n conformers on this rank. Not collective. x [n, n_atoms, 3] in length units; energy [n] in
  /// energy units; force [n, n_atoms, 3] = -dU/dx. A conformer that cannot be evaluated (not finite, or outside a box that
  /// must hold it) gets energy = +infinity and force 0. It counts as an evaluation only if it was evaluated. Throws
  /// EnergyError when the evaluation itself fails.
  virtual void evaluate(int n, const double *x, double *energy, double *force) = 0;
};

}    // namespace cgflow

#endif
