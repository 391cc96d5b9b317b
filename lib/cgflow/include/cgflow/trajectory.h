// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_TRAJECTORY_H
#define CGFLOW_TRAJECTORY_H

#include "cgflow/cg_space.h"
#include "cgflow/molecule.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cgflow {

/// Frames of a LAMMPS text dump, atoms in the order of their IDs.
struct Trajectory {
  int n_atoms = 0;
  std::vector<std::int64_t> ids;      ///< [n_atoms], ascending, the same in every frame
  std::vector<std::int64_t> steps;    ///< [frames]
  std::vector<double> x;              ///< [frames, n_atoms, 3], length units, unwrapped as far as the columns allow
  std::vector<double> edges;          ///< [frames, 3], of the box, length units; 0 where not periodic, NaN when triclinic
  int frames() const { return static_cast<int>(steps.size()); }
};

/// Reads a dump of style custom or atom (text) with the columns id, and xu yu zu, x y z, xsu ysu zsu or xs ys zs (with
/// ix iy iz if present). Throws FileError naming file and line, what was got and what is expected: not a dump, a missing
/// column, other atoms than in the first frame, a triclinic box with scaled columns, a value that is not finite, an
/// incomplete frame.
Trajectory read_dump(const std::string &path);

/// The same for frames of one molecule. They are made whole along its bonds, so the dump may be wrapped. Also throws
/// FileError when frames do not contain the atoms 1 to N of the molecule, when a box is triclinic, and for another
/// molecule's dump, which is one with a bond of less than half or more than twice its length in the molecule's
/// structure.
Trajectory read_dump(const std::string &path, const Molecule &molecule);

/// CG points [n, n_cv] from a points file. It is a text with one point per line, the CG variables in YAML order and box
/// units, and `#` comments; or a dump of walkers, of which all frames are read (columns x, y, z, plain, unwrapped or
/// scaled, as many as there are CG variables, then d_cv4, d_cv5, ...). Throws FileError naming file and line for a
/// number that is not finite, a wrong number of columns, a point outside the ranges, or no point at all.
std::vector<double> read_points(const std::string &path, const CgSpace &space);

}    // namespace cgflow

#endif
