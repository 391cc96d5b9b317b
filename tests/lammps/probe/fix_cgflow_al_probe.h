// SPDX-License-Identifier: GPL-2.0-only
#ifdef FIX_CLASS
// clang-format off
FixStyle(cgflow/al/probe,FixProbe);
// clang-format on
#else

#ifndef LMP_FIX_CGFLOW_AL_PROBE_H
#define LMP_FIX_CGFLOW_AL_PROBE_H

#include "fix.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// For tests of the calls that fix cgflow/mc and pair_style cgflow/pmf offer to another fix: fix cgflow/al/probe takes the place of fix
/// cgflow/al and makes these calls at given steps:
///   fix ID all cgflow/al/probe keyword STEP values ...
///     place STEP ID s1 ...      send a walker to s
///     scale STEP FACTOR         replace the model by FACTOR times it, and refresh
///     threshold STEP ENERGY     stop walkers whose std is larger
///     release STEP              let all stopped walkers go on
///     foreign STEP              set a model over another space
///     harmonic STEP K           at the start of a run: F = K/2 |s - middle of the range|^2 with std |s - middle|
class FixProbe : public Fix {
 public:
  FixProbe(class LAMMPS *lmp, int narg, char **arg);
  int setmask() override;
  void init() override;
  void initial_integrate(int) override;

 private:
  struct Order {
    std::string keyword;
    bigint step;
    std::vector<double> values;
  };

  void carry_out(const Order &order);

  std::vector<Order> orders_;
  class PairCGFlowPMF *pmf_ = nullptr;
  class FixCGFlowMC *mc_ = nullptr;
};

}    // namespace LAMMPS_NS

#endif
#endif
