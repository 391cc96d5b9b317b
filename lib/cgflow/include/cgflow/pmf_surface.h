// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_PMF_SURFACE_H
#define CGFLOW_PMF_SURFACE_H

#include "cgflow/cg_space.h"

#include <vector>

namespace cgflow {

/// A PMF over the CG space: a learned ensemble, a table, or an analytic function. It does not change while walkers move
/// on it.
class PmfSurface {
 public:
  virtual ~PmfSurface() = default;

  virtual const CgSpace &space() const = 0;

  /// kT of the PMF in energy units; 0 when the surface does not belong to a temperature.
  virtual double kT() const = 0;

  /// F, its std and gradient at n points. s [n, n_cv] in box units (degrees for angles); f [n] and std [n] in energy
  /// units; gradient [n, n_cv] in energy per box unit. `std` and `gradient` may be null and are then not computed.
  /// A point outside a non-periodic range gets F of the nearest edge and an infinite std.
  virtual void evaluate(int n, const double *s, double *f, double *std, double *gradient) const = 0;

  /// F and std on a grid, the product of `axes` (values of each CG variable in box units), the last axis fastest.
  virtual void evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const;
};

}    // namespace cgflow

#endif
