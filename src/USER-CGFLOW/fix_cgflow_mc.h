// SPDX-License-Identifier: GPL-2.0-only
#ifdef FIX_CLASS
// clang-format off
FixStyle(cgflow/mc,FixCGFlowMC);
// clang-format on
#else

#ifndef LMP_FIX_CGFLOW_MC_H
#define LMP_FIX_CGFLOW_MC_H

#include "fix.h"

#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace LAMMPS_NS {

/// Metropolis Monte Carlo of walkers in the potential of the pair style. One step is one sweep: every walker proposes in
/// initial_integrate, the step's force evaluation gives the energies, final_integrate accepts or rejects.
class FixCGFlowMC : public Fix {
 public:
  FixCGFlowMC(class LAMMPS *lmp, int narg, char **arg);
  ~FixCGFlowMC() override;
  int setmask() override;
  void post_constructor() override;
  void init() override;
  void setup_pre_exchange() override;
  void setup(int vflag) override;
  void initial_integrate(int vflag) override;
  void pre_exchange() override;
  void final_integrate() override;
  void post_run() override;

  double compute_vector(int n) override;
  void write_restart(FILE *fp) override;
  void restart(char *buffer) override;
  double memory_usage() override;

  void grow_arrays(int nmax) override;
  void copy_arrays(int i, int j, int delflag) override;
  void set_arrays(int i) override;
  int pack_exchange(int i, double *buffer) override;
  int unpack_exchange(int nlocal, double *buffer) override;

  /// Moves local walker i to s [n_cv] (box units, inside the box) in the next sweep, or in the present sweep when called between
  /// initial_integrate and the exchange. The move is always accepted. Releases a stopped walker.
  void place(int i, const double *s);
  /// The next sweep proposes nothing: all energies, forces and std are evaluated with the present model and accepted. Between
  /// initial_integrate and the exchange this acts on the present sweep. All ranks call it.
  void refresh();
  /// A walker whose std exceeds `energy` after a sweep stops: it makes no proposals until it is placed or released. Infinity: no walker
  /// stops. Walkers do not stop where the PMF exceeds `ceiling` by more than twice its std.
  void set_stop_threshold(double energy, double ceiling = std::numeric_limits<double>::infinity());
  bool stopped(int i) const;
  void set_stopped(int i, bool stopped);
  /// For a checkpoint: the numbers of proposals that were accepted, made, and rejected at walls, and of pairs exchanged and tried, over
  /// all ranks. Both are collective.
  std::vector<double> counts() const;
  void set_counts(const std::vector<double> &counts);
  /// Keys the random numbers as if IDs began after `id`, so that walkers of different worlds have different random numbers.
  void number_walkers_from(bigint id);
  /// Each sweep begins with a call of `may_begin`; the sweep proposes nothing when it returns false. Null: no call.
  void ask_before_sweeps(std::function<bool()> may_begin);
  /// Releases all stopped walkers of this rank.
  void release_all();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl;

  void check_companions();
  void check_energies();
  void check_inside();
  void check_count();
  void propose(int i);
  void exchange();
  void move_to(int i, const double *s);
  void put_back(int i);
  bool accepts(int i, double energy);
  void tally_accepted();
  void send_home();
};

}    // namespace LAMMPS_NS

#endif
#endif
