// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_KNOWN_REGION_H
#define CGFLOW_SRC_KNOWN_REGION_H

#include "cgflow/model.h"
#include "cgflow/pmf_surface.h"
#include "cgflow/random.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// The part of the CG space around the labels where the PMF is known (std up to the threshold) and asked for (F up to
/// `explore: ceiling` above the lowest), as a fixed number of points spread over it. While nothing is known yet: all of the
/// labels' neighbourhood below the ceiling. A share `explore: boltzmann` of its weight follows exp(-F/2kT), the rest is uniform.
/// `model` is kept by reference; `surface` is its PMF.
class KnownRegion {
 public:
  KnownRegion(const Model &model, const PmfSurface &surface);

  /// RMS std over the region, kT.
  double rms_std() const;

  /// n points with the density of std^2, to which the gain of a label is proportional; [n, n_cv]. Random numbers come from
  /// the streams (seed, purpose, i, key) and (seed, purpose, i, key + 1).
  std::vector<double> draw(std::int64_t n, Stream purpose, std::uint64_t key) const;

 private:
  const Model &model_;
  std::vector<double> points_, weights_;    // by their weights points are uniform, but for the share `explore: boltzmann`
  std::vector<double> std_;                 // kT
};

/// RMS change of the PMF, less its mean, over where it was known before, kT; NaN when it was known nowhere.
double rms_change(const Model &model, const PmfSurface &before, const PmfSurface &now);

}    // namespace cgflow

#endif
