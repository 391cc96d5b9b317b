// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_LINEAR_MAP_H
#define CGFLOW_SRC_LINEAR_MAP_H

#include "coordinates/coordinates.h"

namespace cgflow {

/// s and fine as invertible linear mixes of the Cartesian coordinates, for particles in an external field. Rows of the
/// matrix are the CG variables, then the fine coordinates; its columns are x1, y1, (z1,) x2, ...
class LinearMap : public CoordinateMap {
 public:
  /// Without `fine` entries the fine coordinates are an orthonormal basis of the complement of the CG variables. Throws
  /// ConfigError for unknown names, a wrong number of entries, or an entry that depends linearly on those before it.
  LinearMap(const Config &config, int n_atoms, int dimension);

  int n_atoms() const override { return n_atoms_; }
  const CgSpace &space() const override { return space_; }
  const std::vector<FineCoordinate> &fine() const override { return fine_; }
  bool absolute() const override { return true; }
  Internal to_internal(const Tensor &x) const override;
  Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const override;
  PulledBack pull_back(const Tensor &s, const Tensor &fine, const Tensor &gx, const Tensor &g_log_det) const override;

 private:
  int n_atoms_, dimension_;
  CgSpace space_;
  std::vector<FineCoordinate> fine_;
  Tensor matrix_, inverse_;    // [n, n], n = n_atoms * dimension
  double log_det_;             // ln |dx/d(s, fine)|
};

}    // namespace cgflow

#endif
