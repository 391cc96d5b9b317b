// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_POINT_CHAINS_H
#define CGFLOW_SRC_POINT_CHAINS_H

#include "cgflow/pmf_surface.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// CG points with the logarithm of the density they were drawn with, up to a constant.
struct DrawnPoints {
  std::vector<double> s;       // [n, n_cv]
  std::vector<double> ln_p;    // [n]
};

/// n points from exp(-F/kT) where the std is at most `known`, for spaces with too many variables for a grid: Metropolis
/// chains side by side, which make local steps and jumps to the neighbourhoods of `anchors` [count, n_cv], so that barriers
/// do not separate them. Neighbouring points of one chain lie several frames apart and are somewhat correlated. Random
/// numbers come from (seed, Stream::backmap, ..., number). Throws ModelError when no anchor is known.
DrawnPoints draw_by_chains(const PmfSurface &pmf, const std::vector<double> &anchors, double kT, double known, int n,
                           std::uint64_t seed, std::uint64_t number);

}    // namespace cgflow

#endif
