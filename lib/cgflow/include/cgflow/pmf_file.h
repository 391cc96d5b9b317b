// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_PMF_FILE_H
#define CGFLOW_PMF_FILE_H

#include "cgflow/learning_status.h"
#include "cgflow/pmf_table.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cgflow {

/// Energy evaluations by purpose.
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
  std::string domain;    ///< the part of configuration space over which F integrates, such as "L, trans, one labelling"
  EvaluationCounts evaluations;
  LearningStatus status = LearningStatus::running;
  double threshold = 0.0;    ///< kT; not in the file, where a grid point with a std up to it is marked as known
};

/// Writes F (minimum 0), std and known on a grid over the ranges, both ends included, whole or not at all. `points`
/// [n_cv] per dimension. Throws FileError. The file is text:
///
///     # kT 0.593 units real T 298.15 domain L, trans, one labelling
///     # evaluations md 0 example 1 energy 2 test 3 labels 4 total 10
///     # status 1
///     # phi psi F[kcal/mol] std[kcal/mol] known
///     -180 -180 3.21 0.05 1
///
/// The number of the status is that of LearningStatus. There is one line per point, the last CG variable fastest, with a
/// blank line before each new value of the first one when d > 1. F and std are in energy units; known is 1 up to the
/// threshold.
void write_pmf(const std::string &path, const PmfSurface &surface, const PmfHeader &header, const std::vector<int> &points);

/// Title of a column of energies: "F[kcal/mol]" for the LAMMPS unit style real; the name alone when the style is unknown.
std::string energy_title(const std::string &name, const std::string &units);

/// One dimension of a grid: `points` >= 2 values from lo to hi, both included.
struct PmfAxis {
  int points = 0;
  double lo = 0.0;
  double hi = 0.0;
};
/// The same on any grid. At points outside the ranges it writes the values that the surface returns.
void write_pmf_on_grid(const std::string &path, const PmfSurface &surface, const PmfHeader &header,
                       const std::vector<PmfAxis> &axes);

/// The content of a .pmf file, or of a table of the same layout without a header (then kT is 0). There are 0 < d <= 3
/// columns of CG variables, then F, and optionally std (0 when missing, `inf` allowed) and known. The rows are a regular
/// grid over the ranges of `space`, both ends included. In a periodic dimension the last point repeats the first or is
/// left out. read_pmf() throws FileError naming file and line, what was got and what is expected.
struct PmfFile {
  PmfHeader header;
  std::unique_ptr<PmfTable> table;
};
PmfFile read_pmf(const std::string &path, const CgSpace &space);

/// The number of CG variables of such a file, by the first column in which its first two rows differ. Reads all rows: throws
/// FileError naming file and line for a word that is not a number, or another number of columns than in the first row.
int pmf_variables(const std::string &path);

}    // namespace cgflow

#endif
