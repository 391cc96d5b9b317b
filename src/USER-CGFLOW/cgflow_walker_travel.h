// SPDX-License-Identifier: GPL-2.0-only
// Brings walkers to the rank that owns the place they go to, however far it is.
#ifndef LMP_CGFLOW_WALKER_TRAVEL_H
#define LMP_CGFLOW_WALKER_TRAVEL_H

#include "pointers.h"

namespace LAMMPS_NS::CGFlow {

class WalkerStore;

/// LAMMPS' exchange reaches direct neighbours only. A walker with a farther goal hops: it is moved just over the face of
/// its sub-domain, exchanged, moved on. All walkers must lie in the box; the goal is kept in the store.
class WalkerTravel : protected Pointers {
 public:
  WalkerTravel(LAMMPS *lmp, WalkerStore &store) : Pointers(lmp), store_(store) {}

  /// Moves each walker's x to its goal, after as many exchanges as it takes until one more will bring all of them home.
  /// Collective when reach_is_limited().
  void approach();

  /// True when some walker's goal may lie beyond what one exchange reaches: then the ranks must agree on each hop.
  bool reach_is_limited() const;

  /// True when a walker of this rank has its goal outside the sub-domain of this rank.
  bool away() const;

 private:
  bool hop();
  bool step_over_face(int i, int dim, bool one_face_only, double *place) const;
  bool neighbour_holds(int dim, double goal) const;
  bool inside(int dim, double x) const;

  WalkerStore &store_;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
