// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FOURIER_EVIDENCE_H
#define CGFLOW_SRC_FOURIER_EVIDENCE_H

#include "pmf/fourier_basis.h"

#include "cgflow/communicator.h"

#include <vector>

namespace cgflow {

/// What the labels leave open about the prior.
struct FourierScales {
  double length = 0.0;        ///< of the prior process, in units of the ranges
  double smoothness = 0.0;    ///< Matern's nu
  double amplitude = 0.0;     ///< kT
  double noise = 1.0;         ///< factor on the labels' variances, >= 1
  bool operator==(const FourierScales &) const = default;
};

/// Posterior of the scales on a grid: the evidence of the labels under the normal approximation, times a weak prior. With
/// few labels it is broad, and members that draw from it differ; with many it is sharp.
/// Lengths go up to 0.3 sqrt(d) of the ranges whatever the labels say, so that the std grows within a tenth of a range.
class FourierEvidence {
 public:
  /// s [n, n_cv], f and variance [n]. `prior` scales the amplitudes, in units of the labels' spread. Collective: ranks share out
  /// the lengths and smoothnesses, and get the same bits whatever their number.
  FourierEvidence(const FourierBasis &basis, const Tensor &s, const Tensor &f, const Tensor &variance, double prior,
                  Communicator &comm);

  static constexpr std::int64_t kLabels = 300;    ///< at most so many labels in it: its cost grows as their cube

  /// Inverse-variance weighted mean of the labels, kT.
  double centre() const { return centre_; }
  /// The scales at quantile u in (0, 1) of the grid's order.
  FourierScales draw(double u) const;

 private:
  double centre_ = 0.0;
  std::vector<FourierScales> grid_;
  std::vector<double> cumulative_;
};

}    // namespace cgflow

#endif
