// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_PROBES_H
#define LMP_CGFLOW_CHILD_PROBES_H

#include "cgflow_child_copies.h"

#include "cgflow/probes.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// Conformers near the script's own configuration, always the same ones, at which a child checks its system: the molecule alone gives
/// their energies and forces first.
class CGFlowChildProbes {
 public:
  /// Keeps a reference. `place` begins the texts of errors. Throws cgflow::EnergyError when an energy is not finite.
  CGFlowChildProbes(CGFlowChildCopies &copies, std::string place);

  /// Throws cgflow::EnergyError when the forces are not the gradient of the energy, by finite differences in random directions.
  /// `silent_fixes`: those that add no energy, for the text.
  void check_gradient(const std::string &silent_fixes);
  /// Whether the sum of per-atom energies is the energy.
  bool energies_are_per_atom();
  /// Whether all copies together, or the only one, give what the molecule alone gave at first. `per_atom` as in CGFlowChildCopies::run().
  bool copies_agree(bool per_atom);

  /// The conformers with the energies of the molecule alone.
  cgflow::Probes probes() const;
  /// Conformers evaluated for all of this.
  std::int64_t evaluations() const { return evaluations_; }

 private:
  double evaluate(const std::vector<double> &x, std::vector<double> *force, bool per_atom);
  bool batch_agrees(int first, bool per_atom);
  void check_direction(int probe, const std::vector<double> &along, const std::string &silent_fixes);
  bool is_free(std::size_t component) const { return copies_.dimension() == 3 || component % 3 < 2; }

  CGFlowChildCopies &copies_;
  std::string place_;
  double scale_;    // largest displacement of an atom along an axis, length units
  std::minstd_rand random_{20240607};
  std::vector<std::vector<double>> x_, forces_;    // [n_atoms, 3] each
  std::vector<double> energies_;
  std::int64_t evaluations_ = 0;
};

}    // namespace LAMMPS_NS

#endif
