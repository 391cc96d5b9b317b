// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_REFERENCE_SPLINE_TABLE_H
#define CGFLOW_KERNELS_REFERENCE_SPLINE_TABLE_H

#include "kernels/spline_table.h"

namespace cgflow::kernels::reference {

/// The results of SplineTable by the textbook method: a 1-D spline by its second derivatives at the knots (moments), applied
/// dimension by dimension, computed anew for each point. Same arguments as SplineTable.
void spline_table(const SplineGrid &grid, const std::vector<double> &value, const std::vector<double> &std, int n,
                  const double *s, double *out_value, double *out_std, double *out_gradient);

}    // namespace cgflow::kernels::reference

#endif
