// SPDX-License-Identifier: GPL-2.0-only
#ifndef LMP_CGFLOW_CHILD_COPIES_H
#define LMP_CGFLOW_CHILD_COPIES_H

#include "cgflow_child_instance.h"

#include "cgflow/molecule.h"

#include "lmptype.h"

#include <string>
#include <vector>

namespace LAMMPS_NS {

/// The molecule of a child instance, and copies of it that do not see each other.
class CGFlowChildCopies {
 public:
  /// The instance holds one molecule, as its script has left it. Keeps a reference.
  CGFlowChildCopies(CGFlowChildInstance &instance, bool absolute);

  int n_atoms() const { return n_atoms_; }
  int copies() const { return copies_; }
  const cgflow::Molecule &molecule() const { return molecule_; }
  /// The script's configuration [n_atoms, 3], whole.
  const std::vector<double> &configuration() const { return molecule_.configuration; }
  /// Replaces it, before fill().
  void set_configuration(const std::vector<double> &x);
  /// Largest and smallest distance between two atoms; both 0 for one atom.
  double largest_distance() const { return largest_; }
  double smallest_distance() const { return smallest_; }
  double shortest_box_edge() const;
  bool absolute() const { return absolute_; }
  int dimension() const;

  /// Puts the molecule alone and without images into the middle of a cubic cell of edge `cell`, into which conformers must fit
  /// (not absolute). The box is longer along x, so that copies in a row are not in each other's neighbor lists.
  void isolate(double cell);
  /// Puts the molecule back to its place in the script's box, but without images: the box has a margin of `cell` on each side.
  void widen(double cell);
  /// The edges of the script's box along which the molecule is within `reach` of its images, with the molecule's length there, for
  /// messages; empty when there is none. To be called before isolate().
  std::string images_seen(double reach) const;
  /// The reason why this system cannot be copied (a fix with per-atom data other than property/atom and cmap); "" when it can.
  std::string obstacle() const;
  /// Makes so many copies; to be called once, when there is no obstacle(). Each copy has the molecule's values of fix property/atom
  /// and its crossterms of fix cmap.
  /// False when these cannot be carried over; the instance is of no further use then.
  bool fill(int copies);

  /// With `on`, run() goes on from the last setup instead of making a new one each time, for systems whose setup takes long. After an
  /// error, and after fill(), it makes a new one.
  void keep_setup(bool on);

  /// False when a conformer x [n_atoms, 3] is not finite or does not fit into the box or cell.
  bool fits(const double *x) const;
  /// Largest distance between two atoms of x [n_atoms, 3] when it exceeds `limit`, else 0.
  double extent_beyond(const double *x, double limit) const;
  /// One force evaluation of the first m copies. x, force: m pointers to [n_atoms, 3]; energy [m]. `per_atom` takes each
  /// copy's energy from compute pe/atom, else m must be 1 and the energy is the global one.
  void run(int m, const double *const *x, double *energy, double *const *force, bool per_atom);

 private:
  void measure();
  void find_slots();
  void bounds(double lo[3], double hi[3]) const;
  void set_box(const double lo[3], const double hi[3]);

  CGFlowChildInstance &instance_;
  class LAMMPS *lmp_;
  bool absolute_;
  int n_atoms_ = 0;
  int copies_ = 1;
  bigint step_;
  bool keeps_setup_ = false, is_set_up_ = false;
  double cell_ = 0.0, pitch_ = 0.0;    // edge of a copy's cell, and distance of two copies along x
  double lo_[3], hi_[3];
  double largest_ = 0.0, smallest_ = 0.0;
  cgflow::Molecule molecule_;
  std::vector<int> slots_;    // local index of atom (copy * n_atoms + atom)
  class Compute *pe_, *pe_atom_;
};

}    // namespace LAMMPS_NS

#endif
