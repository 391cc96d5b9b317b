// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CANDIDATES_H
#define CGFLOW_SRC_CANDIDATES_H

#include "cgflow/model.h"
#include "cgflow/pmf_surface.h"

#include <vector>

namespace cgflow {

/// Points where F is not yet known well enough.
struct Candidates {
  std::vector<double> points;    ///< [n, n_cv]
  std::vector<double> height;    ///< F over the lowest of the labels, kT, [n]
  std::vector<double> std;       ///< kT, [n]
};

/// 4096 random points [n, n_cv] within one `explore: spread` of random labels, from the stream (explorer, i, iteration).
std::vector<double> points_in_reach(const Model &model);
/// 4096 random points [n, n_cv], uniform over the CG space, from the same stream.
std::vector<double> points_everywhere(const Model &model);

/// The points among [n, n_cv] that are low enough to matter and not known well enough. With h = F - 2 std over the
/// lowest F of the labels, all in kT, a point is unknown when
///
///     h <= limit  and  std > threshold + max(0, h - ceiling) / 4,
///
/// so that above `explore: ceiling` F may be known less well. A point with h <= limit and std > threshold is also taken
/// when the point one `explore: spread` further away from its nearest label is unknown, because a known slope may hide a
/// basin behind it. Points near rejected points are left out.
Candidates unknown_among(const Model &model, const PmfSurface &surface, const std::vector<double> &points, double limit);

}    // namespace cgflow

#endif
