// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_AL_WORLDS_H
#define LMP_CGFLOW_AL_WORLDS_H

#include "lmptype.h"

#include <cstdint>
#include <mpi.h>
#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The worlds of LAMMPS that learn together: all those of a -partition run with share yes, otherwise this one alone. All ranks of all
/// of them make the calls marked as collective.
class CGFlowWorlds {
 public:
  CGFlowWorlds(class LAMMPS *lmp, bool share);

  bool several() const { return several_; }
  /// The number of this world, and how many there are.
  int mine() const { return mine_; }
  int count() const { return static_cast<int>(ranks_each_.size()); }
  /// The ranks of all worlds; those of one world are next to each other.
  MPI_Comm ranks() const { return ranks_; }
  const std::vector<std::int64_t> &ranks_each() const { return ranks_each_; }

  /// Counts the walkers of each world and numbers all of them: the IDs of this world's walkers begin after first_id().
  /// Collective, before each run.
  void count_walkers();
  const std::vector<std::int64_t> &walkers_each() const { return walkers_each_; }
  std::int64_t walkers() const;
  bigint first_id() const { return first_id_; }

  /// The texts that the first ranks of the worlds pass. Collective.
  std::vector<std::string> texts(const std::string &mine) const;

  /// A setting that all worlds must have in common, with its value as text.
  struct Fact {
    std::string name, value;
  };
  /// Collective; throws cgflow::ModelError on all ranks, with the name of the first setting that differs and both values.
  void require_equal(const std::vector<Fact> &facts) const;

  /// The error of require_equal() for a setting that is `here` in the first world and `there` in the world `other`.
  [[noreturn]] void disagree(const std::string &name, const std::string &here, const std::string &there,
                             std::size_t other) const;

 private:
  std::vector<std::int64_t> numbers(std::int64_t mine) const;

  class LAMMPS *lmp_;
  bool several_ = false;
  int mine_ = 0;
  int root_ = 0;    // first rank of this world
  MPI_Comm ranks_;
  std::vector<std::int64_t> ranks_each_, walkers_each_{0};
  bigint first_id_ = 0;
};

}    // namespace LAMMPS_NS

#endif
