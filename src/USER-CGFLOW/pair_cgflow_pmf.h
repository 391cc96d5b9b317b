// SPDX-License-Identifier: GPL-2.0-only
#ifdef PAIR_CLASS
// clang-format off
PairStyle(cgflow/pmf,PairCGFlowPMF);
// clang-format on
#else

#ifndef LMP_PAIR_CGFLOW_PMF_H
#define LMP_PAIR_CGFLOW_PMF_H

#include "pair.h"

#include <memory>
#include <string>

namespace cgflow {
class CgSpace;
class PmfSurface;
}    // namespace cgflow

namespace LAMMPS_NS {

/// The PMF of a CG model as the potential of walkers: energy, force and std of each atom from its own CG variables.
class PairCGFlowPMF : public Pair {
 public:
  explicit PairCGFlowPMF(class LAMMPS *lmp);
  ~PairCGFlowPMF() override;

  void compute(int eflag, int vflag) override;
  void settings(int narg, char **arg) override;
  void coeff(int narg, char **arg) override;
  void init_style() override;
  double init_one(int i, int j) override;
  /// "std": per-atom vector, energy units, as of the last evaluation or restore.
  void *extract_peratom(const char *name, int &columns) override;
  double memory_usage() override;

  /// Replaces the model; its space must be the present one. Takes effect at the next evaluation.
  void set_surface(std::shared_ptr<const cgflow::PmfSurface> surface);
  /// Null when untrained.
  std::shared_ptr<const cgflow::PmfSurface> surface() const;
  bool trained() const;
  const cgflow::CgSpace &space() const;
  /// The file of the last pair_coeff, as written there.
  const std::string &file() const;
  /// The number of runs so far in which a fix cgflow/al with this state file has learned. The pair style keeps it, because it outlives
  /// an unfix and ends with a `clear`, as the model does.
  int &runs_learned(const std::string &state_file);

  /// std [n] of n points s [n, n_cv], energy units; infinity when untrained. Does not change the state of the pair style.
  void evaluate_std(int n, const double *s, double *std) const;

  /// Present energy and std of local atom i. The energy exists when per-atom energies were requested.
  double energy_of(int i) const { return eatom[i]; }
  double std_of(int i) const;
  /// Restores an earlier energy and std of local atom i; call tally_restored() after the last one.
  void restore(int i, double energy, double std);
  /// Recomputes eng_vdwl and pvector from the per-atom values.
  void tally_restored();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;

  void allocate();
  void tally_std();
};

}    // namespace LAMMPS_NS

#endif
#endif
