// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_WEIGHTS_H
#define CGFLOW_SRC_WEIGHTS_H

#include <span>
#include <vector>

namespace cgflow {

/// Effective sample size (sum w)^2 / sum w^2 of weights w as a fraction of their number, from their logarithms: in (0, 1],
/// or 0 when there is no weight above zero. -infinity stands for a weight of zero.
double ess_fraction(std::span<const double> ln_w);

/// The median of `values`, the upper one of two; NaN when there are none.
double median(std::vector<double> values);

}    // namespace cgflow

#endif
