// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_PMF_FILE_H
#define CGFLOW_PMF_FILE_H

#include "cgflow/pmf_table.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cgflow {

/// Energy evaluations by what they were spent on.
struct EvaluationCounts {
  std::int64_t md = 0;         ///< steps of the all-atom run that made the training data
  std::int64_t example = 0;    ///< training by example
  std::int64_t energy = 0;     ///< training by energy
  std::int64_t test = 0;       ///< test losses
  std::int64_t labels = 0;     ///< PMF labels
  std::int64_t total() const { return md + example + energy + test + labels; }
  bool operator==(const EvaluationCounts &) const = default;
};

/// The header of a .pmf file.
struct PmfHeader {
  double kT = 0.0;
  std::string units;    ///< LAMMPS unit style
  double T = 0.0;
  std::string domain;    ///< what part of configuration space F is the PMF of
  EvaluationCounts evaluations;
  int status = 0;            ///< 0 running, 1 converged, 2 budget, 3 run ended
  double threshold = 0.0;    ///< kT; a grid point with a std up to it is known
};

/// Writes F (minimum 0), std and known on a grid over the ranges, both ends included, whole or not at all. `points` per
/// dimension. Layout as in DESIGN: `# kT V units U T V domain D`, `# evaluations md N example N energy N test N labels N
/// total N`, `# status N`, a line of column names, then one line a point: CG variables, F, std, known; blank line between blocks of the first
/// variable when d > 1. Throws FileError.
void write_pmf(const std::string &path, const PmfSurface &surface, const PmfHeader &header, const std::vector<int> &points);

/// One dimension of a grid: `points` >= 2 values from lo to hi, both included.
struct PmfAxis {
  int points = 0;
  double lo = 0.0;
  double hi = 0.0;
};
/// The same on any grid; points outside the ranges are written as the surface gives them.
void write_pmf_on_grid(const std::string &path, const PmfSurface &surface, const PmfHeader &header,
                       const std::vector<PmfAxis> &axes);

/// A .pmf file, or a table of the same layout without a header (then kT is 0). With 0 < d <= 3 columns of CG variables,
/// F and optionally std (0 when missing, `inf` allowed) and known. A regular grid over the ranges of `space`, both ends
/// included; in a periodic dimension the last point repeats the first or is left out. Throws FileError naming file, line,
/// got and expected.
struct PmfFile {
  PmfHeader header;
  std::unique_ptr<PmfTable> table;
};
PmfFile read_pmf(const std::string &path, const CgSpace &space);

}    // namespace cgflow

#endif
