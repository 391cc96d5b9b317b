// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_REFERENCE_PLACEMENT_H
#define CGFLOW_KERNELS_REFERENCE_PLACEMENT_H

#include "kernels/internal_vector.h"

#include <cstdint>

namespace cgflow::kernels::reference {

/// The results of Placement, one structure after the other. Same arguments as Placement.
void place(const InternalLayout &layout, const InternalSources &sources, std::int64_t batch, const double *s,
           const double *fine, double *x, double *log_det);
void place_back(const InternalLayout &layout, const InternalSources &sources, std::int64_t batch, const double *s,
                const double *fine, const double *gx, const double *g_log_det, double *gs, double *g_fine);

}    // namespace cgflow::kernels::reference

#endif
