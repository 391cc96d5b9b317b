// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_REFERENCE_PMF_H
#define CGFLOW_REFERENCE_PMF_H

#include "cgflow/cg_space.h"
#include "cgflow/pmf_surface.h"

#include <string>
#include <vector>

namespace cgflow {

/// A PMF by another method on the cells of a regular grid, with which a learned PMF is compared. It does not change what
/// is learned.
class ReferencePmf {
 public:
  /// Reads a text table with columns separated by blanks or commas: the CG variables at the cells' centers in box units,
  /// F in kT, and optionally the std of F in kT and the cell's probability. Cells may be missing. `#` begins a comment.
  /// Throws FileError naming file and line.
  static ReferencePmf read(const std::string &path, const CgSpace &space);

  struct Comparison {
    double kld = 0.0;    ///< forward Kullback-Leibler divergence: sum over p > 0 of p ln(p/q), nats
    double rms = 0.0;    ///< RMS difference over the cells where F is below the limit, best constant removed, kT
    int cells = 0;       ///< number of these cells
  };
  /// Compares with a surface. q is the average of exp(-F/kT) over a cell, with 3 points per variable (1 for more than three
  /// variables). `below` is the limit of F for the RMS difference, kT.
  Comparison compare(const PmfSurface &surface, double below) const;

 private:
  int n_cv_ = 0;
  std::vector<double> centres_;    // [cells, n_cv]
  std::vector<double> width_;      // [n_cv], of a cell
  std::vector<double> f_, p_;      // [cells]
};

}    // namespace cgflow

#endif
