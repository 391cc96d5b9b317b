// SPDX-License-Identifier: GPL-2.0-only
#ifdef PAIR_CLASS
// clang-format off
PairStyle(gb/obc,PairGBOBC);
// clang-format on
#else

#ifndef LMP_PAIR_GB_OBC_H
#define LMP_PAIR_GB_OBC_H

#include "pair.h"

#include <cstdio>
#include <memory>
#include <string>

namespace LAMMPS_NS {

/// Generalized Born solvation (OBC1, OBC2) with a surface term, over all pairs of atoms within a molecule.
class PairGBOBC : public Pair {
 public:
  explicit PairGBOBC(class LAMMPS *lmp);
  ~PairGBOBC() override;

  void compute(int eflag, int vflag) override;
  void settings(int narg, char **arg) override;
  void coeff(int narg, char **arg) override;
  void init_style() override;
  double init_one(int i, int j) override;
  void write_restart(FILE *fp) override;
  void read_restart(FILE *fp) override;
  void write_restart_settings(FILE *fp) override;
  void read_restart_settings(FILE *fp) override;
  void write_data(FILE *fp) override;
  double memory_usage() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;

  void allocate();
  void fill_records(std::string &fault);
  void warn_of_long_molecules();
  void tally(int molecule);
};

}    // namespace LAMMPS_NS

#endif
#endif
