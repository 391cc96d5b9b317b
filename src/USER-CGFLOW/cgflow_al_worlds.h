// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_WORLDS_H
#define LMP_CGFLOW_AL_WORLDS_H

#include "lmptype.h"

#include <cstdint>
#include <mpi.h>
#include <string>
#include <utility>
#include <vector>

namespace LAMMPS_NS {

/// The worlds of LAMMPS that learn together: all those of a -partition run with share yes, otherwise this one alone. What
/// says "collective" is called by all ranks of all of them.
class CGFlowWorlds {
 public:
  CGFlowWorlds(class LAMMPS *lmp, bool share);

  bool several() const { return several_; }
  /// Which of them this one is, and how many there are.
  int mine() const { return mine_; }
  int count() const { return static_cast<int>(ranks_each_.size()); }
  /// All their ranks, those of a world next to each other.
  MPI_Comm ranks() const { return ranks_; }
  const std::vector<std::int64_t> &ranks_each() const { return ranks_each_; }

  /// Looks up how many walkers each world has, and numbers them all: the IDs of this world's begin behind first_id().
  /// Collective, before each run.
  void count_walkers();
  const std::vector<std::int64_t> &walkers_each() const { return walkers_each_; }
  std::int64_t walkers() const;
  bigint first_id() const { return first_id_; }

  /// What each world's first rank gives. Collective.
  std::vector<std::string> texts(const std::string &mine) const;

  /// What is asked of all worlds alike: a name and a value as text. Collective; throws cgflow::ModelError on all ranks, naming
  /// the first thing that is not the same everywhere, and both values.
  using Facts = std::vector<std::pair<std::string, std::string>>;
  void require_equal(const Facts &facts) const;

  /// What require_equal() throws of a thing that is `here` in the first world and `there` in another.
  [[noreturn]] void disagree(const std::string &name, const std::string &here, const std::string &there,
                             std::size_t other) const;

  /// Sum of the first, maximum of the second over all ranks, and whether the third is so on any: once a sweep, hence one message.
  /// Collective.
  void tally(double &sum, double &max, bool &any);

  /// Before each sweep, true; a world whose run ends while those of the others go on calls it once more, with false. Collective;
  /// true when it is so on all ranks.
  bool all_go_on(bool mine) const;

 private:
  std::vector<std::int64_t> numbers(std::int64_t mine) const;

  class LAMMPS *lmp_;
  bool several_ = false;
  int mine_ = 0;
  int root_ = 0;    // first rank of this world
  MPI_Comm ranks_;
  std::vector<std::int64_t> ranks_each_, walkers_each_{0};
  bigint first_id_ = 0;
  std::vector<double> received_;    // kept: tally() comes in each sweep
};

}    // namespace LAMMPS_NS

#endif
