// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_RESULTS_H
#define LMP_CGFLOW_AL_RESULTS_H

#include "cgflow_al_options.h"

#include <string>
#include <vector>

namespace cgflow {
class Learner;
class Model;
}    // namespace cgflow

namespace LAMMPS_NS {

/// The files with the results of a learning of `n_cv` CG variables: the PMF, the history and the model.
class CGFlowALResults {
 public:
  CGFlowALResults(const CGFlowALOptions &options, int n_cv) : options_(options), n_cv_(n_cv) {}

  /// The results and the state file, which holds all that is needed to write them again.
  std::vector<std::string> all_files() const;
  /// For the log.
  std::string text() const;
  /// Throws cgflow::FileError.
  void write(const cgflow::Learner &learner) const;
  /// Whether all of them exist and are not from an earlier time of the learning than `model`.
  bool are_there(const cgflow::Model &model) const;

 private:
  /// Grids of more variables would have too many points for a table.
  bool has_pmf_file() const { return n_cv_ <= 3; }

  const CGFlowALOptions &options_;
  int n_cv_;
};

}    // namespace LAMMPS_NS

#endif
