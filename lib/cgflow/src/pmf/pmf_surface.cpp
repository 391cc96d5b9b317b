// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/pmf_surface.h"

#include "base/grid_points.h"

namespace cgflow {

void PmfSurface::evaluate_grid(const std::vector<std::vector<double>> &axes, double *f, double *std) const
{
  const std::vector<double> s = grid_rows(axes);
  evaluate(static_cast<int>(s.size() / axes.size()), s.data(), f, std, nullptr);
}

}    // namespace cgflow
