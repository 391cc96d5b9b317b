// SPDX-License-Identifier: GPL-2.0-only
// A force field for tests of molecules: a harmonic spring between every two atoms, relaxed in the molecule's configuration.
#ifndef CGFLOW_TESTS_PAIR_SPRINGS_H
#define CGFLOW_TESTS_PAIR_SPRINGS_H

#include "coordinates/coordinates.h"

#include "cgflow/energy_model.h"
#include "cgflow/molecule.h"

#include <cmath>
#include <limits>
#include <vector>

namespace cgflow::tests {

class PairSprings : public EnergyModel {
 public:
  /// k in energy per length^2, one for all pairs.
  PairSprings(const Molecule &molecule, double k) : n_(molecule.n_atoms()), k_(n_ * n_, k), length_(n_ * n_)
  {
    for (int i = 0; i < n_; ++i)
      for (int j = 0; j < n_; ++j) length_[i * n_ + j] = distance(molecule.configuration.data(), i, j);
  }
  void set_stiffness(int i, int j, double k) { k_[i * n_ + j] = k_[j * n_ + i] = k; }

  int n_atoms() const override { return n_; }
  void evaluate(int n, const double *x, double *energy, double *force) override
  {
    for (int c = 0; c < n; ++c, x += 3 * n_, force += 3 * n_) {
      ++evaluations;
      energy[c] = 0.0;
      for (int k = 0; k < 3 * n_; ++k) force[k] = 0.0;
      for (int i = 0; i < n_; ++i)
        for (int j = 0; j < i; ++j) {
          const double r = distance(x, i, j), stretch = r - length_[i * n_ + j], k = k_[i * n_ + j];
          energy[c] += 0.5 * k * stretch * stretch;
          for (int d = 0; d < 3; ++d) {
            const double f = -k * stretch * (x[3 * i + d] - x[3 * j + d]) / r;
            force[3 * i + d] += f;
            force[3 * j + d] -= f;
          }
        }
      if (std::isfinite(energy[c]) && energy[c] < limit) continue;
      energy[c] = std::numeric_limits<double>::infinity();
      for (int k = 0; k < 3 * n_; ++k) force[k] = 0.0;
    }
  }

  double limit = std::numeric_limits<double>::infinity();    // energies above it cannot be evaluated
  int evaluations = 0;

 private:
  static double distance(const double *x, int i, int j)
  {
    return std::hypot(x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1], x[3 * i + 2] - x[3 * j + 2]);
  }
  int n_;
  std::vector<double> k_, length_;
};

/// The molecule at the map's start: its own structure with equal atoms in the map's labels, at which the springs are
/// relaxed.
inline Molecule at_start(const CoordinateMap &map, Molecule molecule)
{
  const auto start = *map.start();
  const Tensor x = map.to_cartesian(start.s.unsqueeze(1), start.fine.unsqueeze(1)).x.contiguous();
  molecule.configuration.assign(x.data_ptr<double>(), x.data_ptr<double>() + x.numel());
  return molecule;
}

}    // namespace cgflow::tests

#endif
