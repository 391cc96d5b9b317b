// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_GB_SETTINGS_H
#define LMP_CGFLOW_GB_SETTINGS_H

#include "cgflow_generalized_born.h"

namespace LAMMPS_NS {

class LAMMPS;

namespace CGFlow {

/// What pair_style gb/obc was given, in the units of the script. Plain data: it goes into restart files as it is.
struct GbSettings {
  int variant = 1;    // OBC1 or OBC2
  double solvent = 78.5, solute = 1.0;
  double surface = 0.0, offset = 0.0, probe = 0.0;

  /// Reads the arguments of pair_style; what they leave out has the default values in the units of the script. `where`
  /// begins the error texts.
  static GbSettings parse(LAMMPS *lmp, const char *where, int narg, char **arg);
  /// With the Coulomb constant of the script's units.
  GeneralizedBornModel model(double qqr2e) const;
};

}    // namespace CGFlow
}    // namespace LAMMPS_NS

#endif
