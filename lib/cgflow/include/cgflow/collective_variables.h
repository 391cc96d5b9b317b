// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_COLLECTIVE_VARIABLES_H
#define CGFLOW_COLLECTIVE_VARIABLES_H

#include "cgflow/cg_space.h"
#include "cgflow/config.h"

#include <memory>

namespace cgflow {

/// Computes the CG variables of given structures, for callers without tensors. It needs no bonds.
class CollectiveVariables {
 public:
  /// For molecules of n_atoms in `dimension` (2 or 3) dimensions. Throws ConfigError, also for atom IDs above n_atoms.
  CollectiveVariables(const Config &config, int n_atoms, int dimension);
  ~CollectiveVariables();

  int n_atoms() const;
  const CgSpace &space() const;
  /// x [n, n_atoms, 3] in length units, whole molecules; s [n, n_cv] in box units.
  void evaluate(int n, const double *x, double *s) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}    // namespace cgflow

#endif
