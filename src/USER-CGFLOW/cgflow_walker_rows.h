// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_WALKER_ROWS_H
#define LMP_CGFLOW_WALKER_ROWS_H

#include "lmptype.h"

#include "cgflow/archive.h"
#include "cgflow/cg_space.h"
#include "cgflow/communicator.h"

#include <cstddef>
#include <string>
#include <vector>

namespace LAMMPS_NS {

class FixCGFlowMC;
class LAMMPS;

namespace CGFlow {

/// The walkers of all ranks, one row of numbers per walker: (number, three image flags, stopped, s [n_cv]), in ascending order. The
/// number is `first_id` + ID; worlds that learn together have different first_id.
class WalkerRows {
 public:
  /// Without walkers.
  explicit WalkerRows(int n_cv) : n_cv_(n_cv) {}
  /// From an item of a state file, which must hold rows of so many different walkers in ascending order, all inside the space. Throws
  /// ModelError naming the file and the item.
  static WalkerRows read(const cgflow::Archive &archive, const std::string &name, const cgflow::CgSpace &space,
                         std::int64_t walkers);
  /// The present walkers. Collective; every rank gets all of them.
  static WalkerRows gather(LAMMPS *lmp, const FixCGFlowMC &mc, cgflow::Communicator &comm, int n_cv, bigint first_id);

  /// Sets position, image flags and stopped mark of this rank's walkers from their rows. To be called before the setup of a run, which
  /// brings each walker to its rank. Throws ModelError, whose text begins with `file`, when a walker has no row.
  void put(LAMMPS *lmp, FixCGFlowMC &mc, bigint first_id, const std::string &file) const;

  /// s of the stopped walkers, [n, n_cv].
  std::vector<double> stopped_points() const;

  /// [n, 5 + n_cv].
  const std::vector<double> &numbers() const { return numbers_; }

 private:
  std::size_t width() const { return 5 + static_cast<std::size_t>(n_cv_); }
  std::size_t size() const { return numbers_.size() / width(); }
  const double *row(std::size_t i) const { return numbers_.data() + i * width(); }

  int n_cv_;
  std::vector<double> numbers_;
};

}    // namespace CGFlow
}    // namespace LAMMPS_NS

#endif
