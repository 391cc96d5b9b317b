// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FOURIER_EVIDENCE_H
#define CGFLOW_SRC_FOURIER_EVIDENCE_H

#include "pmf/fourier_basis.h"

#include "cgflow/communicator.h"

#include <vector>

namespace cgflow {

/// Scales of the prior and of the noise, which the labels determine only in part.
struct FourierScales {
  double length = 0.0;        ///< of the prior process, in units of the ranges
  double smoothness = 0.0;    ///< Matern's nu
  double amplitude = 0.0;     ///< kT
  double noise = 1.0;         ///< factor of the labels' variances, >= 1
  bool operator==(const FourierScales &) const = default;
};

/// Posterior of the scales on a grid: the evidence of the labels, taken as normally distributed, times a weak prior.
/// With few labels it is broad, and members that draw from it differ. With many labels it is sharp. Lengths are at most
/// 0.3 sqrt(d) of the ranges, so that the std grows within a tenth of a range from the labels.
class FourierEvidence {
 public:
  /// s [n, n_cv]; f and variance [n]. `prior` is a factor of the amplitudes, whose unit is the spread of the labels.
  /// Collective: the ranks share the lengths and smoothnesses, and the result has the same bits on any number of ranks.
  FourierEvidence(const FourierBasis &basis, const Tensor &s, const Tensor &f, const Tensor &variance, double prior,
                  Communicator &comm);

  /// The largest number of labels that are used, because the cost grows with their third power. Of more labels it takes each
  /// second one, each third one and so on.
  static constexpr std::int64_t kLabels = 300;

  /// Inverse-variance weighted mean of the labels, kT.
  double center() const { return center_; }
  /// A draw of the scales by a random number u in (0, 1): the grid point at quantile u, in the order of the grid.
  FourierScales draw(double u) const;

 private:
  double center_ = 0.0;
  std::vector<FourierScales> grid_;
  std::vector<double> cumulative_;
};

}    // namespace cgflow

#endif
