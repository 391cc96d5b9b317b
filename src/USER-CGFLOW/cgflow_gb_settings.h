// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GB_SETTINGS_H
#define LMP_CGFLOW_GB_SETTINGS_H

#include "cgflow/generalized_born.h"

namespace LAMMPS_NS {

class LAMMPS;

namespace CGFlow {

/// Arguments of pair_style gb/obc, in the units of the script. Restart files hold this struct byte for byte.
struct GbSettings {
  int variant = 1;    // OBC1 or OBC2
  double solvent = 78.5, solute = 1.0;
  double surface = 0.0, offset = 0.0, probe = 0.0;

  /// Reads the arguments of pair_style. Missing ones have their defaults in the units of the script. Error texts begin with `where`.
  static GbSettings parse(LAMMPS *lmp, const char *where, int narg, char **arg);
  /// The model with qqr2e, the Coulomb constant in the units of the script.
  cgflow::GeneralizedBornModel model(double qqr2e) const;
};

}    // namespace CGFlow
}    // namespace LAMMPS_NS

#endif
