// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENSEMBLE_SURFACE_H
#define CGFLOW_SRC_ENSEMBLE_SURFACE_H

#include "model/model_parts.h"

#include "cgflow/pmf_surface.h"

namespace cgflow {

/// A copy of a model's ensemble in energy units: later training of the model does not change it.
class EnsembleSurface : public PmfSurface {
 public:
  explicit EnsembleSurface(const Model::Parts &parts);
  const CgSpace &space() const override { return space_; }
  double kT() const override { return kT_; }
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const override;
  void evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const override;

 private:
  CgSpace space_;
  double kT_;
  PmfEnsemble ensemble_;
};

}    // namespace cgflow

#endif
