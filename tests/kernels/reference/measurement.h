// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_REFERENCE_MEASUREMENT_H
#define CGFLOW_KERNELS_REFERENCE_MEASUREMENT_H

#include "kernels/measurement.h"

namespace cgflow::kernels::reference {

/// The results of Measurement, one structure after the other, with derivatives by dual numbers. Same arguments as
/// Measurement.
void measure(const InternalLayout &layout, const InternalSources &sources, const InternalRanges &ranges, std::int64_t batch,
             const double *x, double *s, double *fine, double *log_det);
void measure_back(const InternalLayout &layout, const InternalSources &sources, const InternalRanges &ranges,
                  std::int64_t batch, const double *x, const double *gs, const double *g_fine, const double *g_log_det,
                  double *gx);

}    // namespace cgflow::kernels::reference

#endif
