// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_KNOWN_REGION_H
#define CGFLOW_SRC_KNOWN_REGION_H

#include "cgflow/model.h"
#include "cgflow/pmf_surface.h"
#include "cgflow/random.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// The part of the CG space around the labels where the PMF is known (std up to the threshold) and matters (F up to
/// `explore: ceiling` above the lowest), as a fixed number of weighted points. While nothing is known yet, it is the
/// whole neighborhood of the labels below the ceiling. The neighborhoods of rejected points do not belong to it. A fraction `explore: boltzmann` of the weight follows
/// exp(-F/2kT), the rest is uniform. `model` is kept by reference; `surface` is its PMF.
class KnownRegion {
 public:
  KnownRegion(const Model &model, const PmfSurface &surface);

  /// RMS std over the region, kT.
  double rms_std() const;

  /// n points [n, n_cv] drawn in proportion to weight times std^2, because the gain of a label is proportional to std^2.
  /// Random numbers come from the streams (seed, purpose, i, key) and (seed, purpose, i, key + 1).
  std::vector<double> draw(std::int64_t n, Stream purpose, std::uint64_t key) const;

 private:
  const Model &model_;
  std::vector<double> points_, weights_;    // [kCoverPoints, n_cv], [kCoverPoints]
  std::vector<double> std_;                 // kT
};

/// RMS change of the PMF, with its mean removed, over the region where it was known before, kT. NaN when it was known
/// nowhere.
double rms_change(const Model &model, const PmfSurface &before, const PmfSurface &now);

}    // namespace cgflow

#endif
