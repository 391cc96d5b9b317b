// SPDX-License-Identifier: GPL-2.0-only
// Brings each walker to the rank that owns its new position, at any distance.
#ifndef LMP_CGFLOW_WALKER_TRAVEL_H
#define LMP_CGFLOW_WALKER_TRAVEL_H

#include "pointers.h"

namespace LAMMPS_NS::CGFlow {

class WalkerStore;

/// LAMMPS' exchange reaches direct neighbors only. A walker with a more distant goal moves in hops: just over the face of its
/// sub-domain, exchange, next hop. All walkers must be in the box; the store keeps the goal.
class WalkerTravel : protected Pointers {
 public:
  WalkerTravel(LAMMPS *lmp, WalkerStore &store) : Pointers(lmp), store_(store) {}

  /// Moves each walker's x to its goal. Before that it exchanges walkers until one further exchange, that of LAMMPS, brings all of them
  /// to their ranks. Collective when reach_is_limited().
  void approach();

  /// True when one exchange may not be enough for a walker. Then the ranks must agree on each hop.
  bool reach_is_limited() const;

  /// True when a walker of this rank has its goal outside the sub-domain of this rank.
  bool away() const;

 private:
  bool hop();
  bool step_over_face(int i, int dim, bool one_face_only, double *place) const;
  bool neighbor_holds(int dim, double goal) const;
  bool inside(int dim, double x) const;

  WalkerStore &store_;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
