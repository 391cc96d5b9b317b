// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ENSEMBLE_H
#define CGFLOW_SRC_ENSEMBLE_H

#include "base/tensor.h"
#include "files/tensor_archive.h"

#include "cgflow/cg_space.h"
#include "cgflow/communicator.h"
#include "cgflow/config.h"
#include "cgflow/labels.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace cgflow {

/// Ensemble of networks that learns F(s)/kT from labels. Its mean is the PMF, and the standard deviation (std) over its
/// members is the error bar. The members differ by their start, their random prior function and the bootstrap of the
/// labels, so the std contains the noise of the labels and grows where labels are missing. Before members are compared,
/// their constants are aligned on the exp(-F)-weighted mean. The std is corrected for the small number of members (mean
/// of m, Student-t).
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
  /// Fits to the labels, which are the same on all ranks. `fit` is the number of the fit and keys the random streams.
  /// Collective: the ranks share the work, and all get the same members bit for bit. Throws ModelError without labels,
  /// ShapeError for a label with another number of CG variables.
  FitReport fit(const std::vector<Label> &labels, std::uint64_t fit, Communicator &comm);

  /// The largest number of bytes that fit() takes on this rank.
  std::int64_t memory(std::int64_t labels, const Communicator &comm) const;

  /// Mean f [n], std [n] and gradient of the mean [n, n_cv] at s [n, n_cv], in kT and kT per box unit. `std` and
  /// `gradient` may be null. s must lie inside the ranges. Throws ModelError before the first fit.
  void evaluate(int n, const double *s, double *f, double *std, double *gradient) const;
  /// Mean and std on a grid, the product of `axes`, the last axis fastest.
  void evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const;
  /// Aligned F/kT of every member, out [members, n].
  void evaluate_members(int n, const double *s, double *out) const;

  NamedTensors state() const;
  /// Names and shapes that state() has after a fit.
  TensorForms forms() const;
  void load(const NamedTensors &state);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}    // namespace cgflow

#endif
