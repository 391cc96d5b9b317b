// SPDX-License-Identifier: GPL-2.0-only
#ifdef FIX_CLASS
// clang-format off
FixStyle(mueller/brown,FixMuellerBrown);
// clang-format on
#else

#ifndef LMP_FIX_MUELLER_BROWN_H
#define LMP_FIX_MUELLER_BROWN_H

#include "fix.h"

namespace LAMMPS_NS {

/// The Mueller-Brown surface as an external potential in x and y of each atom of the group.
class FixMuellerBrown : public Fix {
 public:
  FixMuellerBrown(class LAMMPS *, int, char **);
  int setmask() override;
  void init() override;
  void setup(int) override;
  void min_setup(int) override;
  void setup_pre_force_respa(int, int) override;
  void post_force(int) override;
  void min_post_force(int) override;
  void pre_force_respa(int, int, int) override;
  double compute_scalar() override;

 private:
  void add_forces();

  double scale;
  double energy;               // of this rank's atoms
  bool respa;                  // the run uses rRESPA
  bool respa_level_reached;    // its setup has reached the level of this fix
};

}    // namespace LAMMPS_NS

#endif
#endif
