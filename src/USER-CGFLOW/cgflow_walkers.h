// SPDX-License-Identifier: GPL-2.0-only
// Walkers are LAMMPS atoms: their first three CG variables are coordinates, further ones are per-atom properties.
#ifndef LMP_CGFLOW_WALKERS_H
#define LMP_CGFLOW_WALKERS_H

#include "pointers.h"

#include "cgflow/cg_space.h"

#include <string>
#include <vector>

namespace LAMMPS_NS::CGFlow {

/// CG variables that the coordinates of an atom can hold.
constexpr int kCoordinates = 3;

/// Access to the CG variables of the local atoms.
class Walkers : protected Pointers {
 public:
  explicit Walkers(LAMMPS *lmp) : Pointers(lmp) {}

  /// Looks up the storage of the d CG variables. For d > 3 the properties d_cv4 ... must exist (fix property/atom); otherwise this
  /// raises a LAMMPS error that begins with `where`. Call it before each use, because a property's index changes when other
  /// properties are added or removed.
  void bind(int d, const std::string &where);

  int n_cv() const { return n_cv_; }
  /// s [n_cv] of local atom i, in box units.
  void get(int i, double *s) const;
  void set(int i, const double *s) const;
  /// s [n, n_cv] of the first n local atoms.
  void gather(int n, std::vector<double> &s) const;

 private:
  double *further(int k) const;
  int n_cv_ = 0;
  std::vector<int> property_;    // index in atom->dvector of CG variable 4 + k
};

/// The first d variables of the box as a CG space named x, y, z (d <= 3).
cgflow::CgSpace box_space(LAMMPS *lmp, int d);

/// Raises a LAMMPS error that begins with `where` unless the box is orthogonal and not shrink-wrapped.
void check_box_shape(LAMMPS *lmp, const std::string &where);

/// The same; in addition the dimension must be 2 for d <= 2 and 3 for more CG variables.
void check_box(LAMMPS *lmp, int d, const std::string &where);

/// The same; in addition the box must have the ranges and the periodicity of the space.
void check_box(LAMMPS *lmp, const cgflow::CgSpace &space, const std::string &where);

/// Makes the skin of the neighbor lists no larger than the narrowest sub-domain. An axis without a CG variable, or one of a narrow
/// range, may be shorter than the skin (2 in units real), and LAMMPS then warns of lost atoms. Walkers do not interact, so that
/// a smaller skin changes nothing. Collective; to be called by init() of a style.
void fit_skin(LAMMPS *lmp);

}    // namespace LAMMPS_NS::CGFlow

#endif
