// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_H
#define LMP_CGFLOW_CHILD_H

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/log.h"
#include "cgflow/model.h"
#include "cgflow/molecule.h"
#include "cgflow/probes.h"

#include <cstdint>
#include <memory>
#include <string>

namespace LAMMPS_NS {

/// Energies and forces of one molecule from a child LAMMPS that has executed the user's atomistic script. The child holds
/// several copies of the molecule that do not interact, so that one force evaluation serves several conformers.
///
/// The child evaluates conformers one at a time, with the global energy, where the energy is not a sum over atoms (a fix with a
/// global energy only, long-range tails) or where copies do not agree with the molecule alone.
class CGFlowChild : public cgflow::EnergyModel {
 public:
  /// copies: conformers in one force evaluation. absolute: the energy depends on positions (external fields). Each
  /// conformer then stays where it is, in the script's own box, and a conformer outside that box is rejected. Otherwise the molecule is
  /// moved freely, and `extent` is the largest distance between two of its atoms that is expected, in length units (0:
  /// the length of the molecule stretched along its bonds, or without bonds generous beside the script's configuration); a
  /// conformer beyond 1.5 times that is rejected.
  /// Collective over the parent's world (variables are handed over). Throws cgflow::EnergyError.
  CGFlowChild(class LAMMPS *parent, const std::string &script, int copies = 64, bool absolute = false, double extent = 0.0);
  ~CGFlowChild() override;

  int n_atoms() const override;
  void evaluate(int n, const double *x, double *energy, double *force) override;

  /// Conformers evaluated by evaluate() on this rank so far; rejected ones do not count.
  std::int64_t evaluations() const;
  /// Conformers that the constructor evaluated to check the system.
  std::int64_t check_evaluations() const;
  /// Bytes of the child's atoms, neighbor lists and styles, as LAMMPS counts them.
  double memory() const;
  /// Conformers near the script's own and their energies, which tell two systems apart.
  cgflow::Probes probes() const;
  /// Conformers in one force evaluation: 1 where they are evaluated one at a time.
  int copies() const;
  /// 2 or 3, as the script says.
  int dimension() const;
  const cgflow::Molecule &molecule() const;
  /// The script's own configuration, [n_atoms, 3], whole.
  const double *configuration() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The check_evaluations() of all ranks together. Collective.
std::int64_t cgflow_check_evaluations(const CGFlowChild &child, cgflow::Communicator &comm);

/// Throws cgflow::ModelError, with both values, when the child gives the probes of `model` another energy. `file` is that of the
/// model, `script` that of the child, `advice` the end of the text. `outside`: probes outside of the
/// script's box are left out. A model without probes gets a line in the log.
void cgflow_require_same_energies(const cgflow::Model &model, CGFlowChild &child, const std::string &file,
                                  const std::string &script, const std::string &advice, cgflow::Log &log,
                                  bool outside = false);

}    // namespace LAMMPS_NS

#endif
