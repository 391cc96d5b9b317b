// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_LABELS_H
#define CGFLOW_LABELS_H

#include <cstdint>
#include <vector>

namespace cgflow {

/// One PMF label: the mean weight of n samples drawn at one s (Eq. 12 of arXiv 2402.01195).
struct Label {
  std::vector<double> s;             ///< [n_cv], box units
  double ln_mean_w = 0.0;            ///< ln of the mean weight: -F/kT up to a constant shared by all labels, with its bias
  double relative_variance = 0.0;    ///< estimated variance of the mean weight over its square; 1 when n = 1
  double ess_share = 0.0;            ///< ESS / n in (0, 1]
  int n = 0;                         ///< samples drawn, rejected ones included
  int rejected = 0;
  int iteration = 0;    ///< active-learning iteration that drew it
  bool operator==(const Label &) const = default;

  /// F/kT with the first-order bias of -ln(mean) removed: -ln_mean_w - relative_variance / 2.
  double f() const { return -ln_mean_w - 0.5 * relative_variance; }
  /// Standard error of f(), kT.
  double error() const;
  /// True when s and all estimates are finite numbers.
  bool finite() const;
};

/// The label of n samples at s [n_cv] with log-weights ln_w [n]. -infinity marks a rejected sample, which counts in n
/// with the weight 0. Throws EnergyError when n < 1, all weights are zero, one is NaN or infinite, or s is not finite.
Label make_label(std::vector<double> s, const double *ln_w, int n, int iteration);

/// The same for samples of a mixture m of the flow q and wider densities. ln_w [n] are log-weights against m, and
/// ln_control [n] are ln(q/m). Since q/m has the mean 1, the mean weight is estimated by the ratio of the means of w and
/// q/m. For a perfect flow w is proportional to q/m, and the label is exact. The bias of the ratio is smaller than its
/// error by a factor of sqrt(n). The ratio lies between the smallest and the largest w/(q/m), whereas a regression line
/// (Owen and Zhou 2000) extrapolates far beyond them when n is 16.
Label make_label(std::vector<double> s, const double *ln_w, const double *ln_control, int n, int iteration);

}    // namespace cgflow

#endif
