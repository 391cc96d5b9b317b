// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CANDIDATES_H
#define CGFLOW_SRC_CANDIDATES_H

#include "cgflow/model.h"
#include "cgflow/pmf_surface.h"

#include <vector>

namespace cgflow {

/// Points where F is not known as well as it is asked for.
struct Candidates {
  std::vector<double> points;    ///< [n, n_cv]
  std::vector<double> height;    ///< F over the lowest of the labels, kT, [n]
  std::vector<double> std;       ///< kT, [n]
};

/// 4096 points up to one `explore: spread` away from random labels, from the stream (explorer, i, iteration).
std::vector<double> points_in_reach(const Model &model);
/// As many, uniform over the CG space.
std::vector<double> points_everywhere(const Model &model);

/// Those of the points [n, n_cv] at which F less two std lies up to `limit` kT over the labels' lowest and the std is
/// larger than that height asks for: up to `explore: ceiling` the threshold is asked for, above it a quarter of the excess
/// more is allowed. Where the std is above the threshold the same, seen from one `explore: spread` further away from the
/// nearest label, will do too: on a slope F may be known well enough just where it hides what is behind.
Candidates unknown_among(const Model &model, const PmfSurface &surface, const std::vector<double> &points, double limit);

}    // namespace cgflow

#endif
