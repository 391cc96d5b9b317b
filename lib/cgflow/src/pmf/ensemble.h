// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENSEMBLE_H
#define CGFLOW_SRC_ENSEMBLE_H

#include "base/tensor.h"

#include "cgflow/cg_space.h"
#include "cgflow/communicator.h"
#include "cgflow/config.h"
#include "cgflow/labels.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace cgflow {

/// Ensemble of networks that learns F(s)/kT from labels. Its mean is the PMF; its standard deviation over members, whose
/// constants are aligned on the exp(-F)-weighted mean, is the error bar: members differ by start, random prior function
/// and by the bootstrap of the labels, so that it holds the labels' own noise and grows where labels are missing. The
/// spread of the members is corrected for their small number (mean of m, Student-t).
class PmfEnsemble {
 public:
  /// `config` is part of a Config that check() allows.
  PmfEnsemble(const PmfConfig &config, const CgSpace &space, std::uint64_t seed);
  ~PmfEnsemble();

  bool fitted() const;

  struct FitReport {
    int epochs = 0;
    double loss = 0.0;        ///< mean over members
    double residual = 0.0;    ///< RMS of (mean - label) / label error
  };
  /// Fits to the labels (the same on all ranks). `fit` numbers the fits and keys the random streams. Ranks share the work out; every
  /// rank ends with all members, bit-equal.
  FitReport fit(const std::vector<Label> &labels, std::uint64_t fit, Communicator &comm);

  /// Bytes that fit() takes on this rank at its highest.
  std::int64_t memory(std::int64_t labels, const Communicator &comm) const;

  /// Mean, std and gradient of the mean, in kT and kT per box unit. s [n, n_cv]. `std`, `gradient` may be null. For s inside
  /// the ranges (callers clamp). Throws ModelError before the first fit.
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const;
  /// Mean and std on a grid, the product of `axes`, the last the fastest.
  void evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const;
  /// Every member's aligned F/kT, out [members, n].
  void evaluate_members(int n, const double *s, double *out) const;

  NamedTensors state() const;
  void load(const NamedTensors &state);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}    // namespace cgflow

#endif
