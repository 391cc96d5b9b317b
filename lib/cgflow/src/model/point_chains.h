// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_POINT_CHAINS_H
#define CGFLOW_SRC_POINT_CHAINS_H

#include "cgflow/pmf_surface.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// CG points with the logarithm of the density from which they were drawn, up to a constant.
struct DrawnPoints {
  std::vector<double> s;       // [n, n_cv]
  std::vector<double> ln_p;    // [n]
};

/// n points from exp(-F/kT) where the std is at most `known` (energy units), for spaces with too many variables for a
/// grid. They come from Metropolis chains side by side, with local steps and with jumps to the neighborhoods of
/// `anchors` [count, n_cv], so that barriers do not separate the chains. Consecutive points of one chain are 64 frames
/// apart and somewhat correlated. Random numbers come from (seed, Stream::backmap, ..., number). Throws ModelError when
/// the std is above `known` at all anchors.
DrawnPoints draw_by_chains(const PmfSurface &pmf, const std::vector<double> &anchors, double kT, double known, int n,
                           std::uint64_t seed, std::uint64_t number);

}    // namespace cgflow

#endif
