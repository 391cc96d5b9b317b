// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_REFERENCE_PMF_H
#define CGFLOW_REFERENCE_PMF_H

#include "cgflow/cg_space.h"
#include "cgflow/pmf_surface.h"

#include <string>
#include <vector>

namespace cgflow {

/// A PMF by another method on the cells of a regular grid, to measure a learned one by (METHOD section 1). It changes nothing
/// that is learned.
class ReferencePmf {
 public:
  /// A text table, columns separated by blanks or commas: the CG variables at the cells' centres in box units, F in kT, and
  /// when there are more columns, F's std in kT and the cell's probability; cells may be missing. `#` begins a comment.
  /// Throws FileError naming file and line.
  static ReferencePmf read(const std::string &path, const CgSpace &space);

  struct Comparison {
    double kld = 0.0;    ///< forward Kullback-Leibler divergence: sum over p > 0 of p ln(p/q), nats
    double rms = 0.0;    ///< root of the mean square difference where F is below the limit, best constant removed, kT
    int cells = 0;       ///< cells in that mean
  };
  /// q is the cell average of exp(-F/kT), 3 points a variable (1 for more than three variables).
  Comparison compare(const PmfSurface &surface, double below) const;

 private:
  int n_cv_ = 0;
  std::vector<double> centres_;    // [cells, n_cv]
  std::vector<double> width_;      // [n_cv], of a cell
  std::vector<double> f_, p_;      // [cells]
};

}    // namespace cgflow

#endif
