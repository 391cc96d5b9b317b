// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_MOLECULE_GRAPH_H
#define CGFLOW_MOLECULE_GRAPH_H

#include "cgflow/molecule.h"

#include <functional>
#include <vector>

namespace cgflow {

/// For each atom the atoms it is bonded to, ascending.
std::vector<std::vector<int>> bonded_atoms(const Molecule &molecule);

/// Throws ConfigError naming the first atoms of two parts (1-based) when the bonds do not join all atoms.
void require_connected(const Molecule &molecule);

/// No two atoms can be further apart than this, length units, as long as bonds keep the lengths they have in the
/// molecule's configuration: the longest of the shortest ways along bonds. Infinity when the bonds do not join all atoms.
double stretched_length(const Molecule &molecule);

/// Moves the atoms of x [n_atoms, 3] by whole box edges so that bonded atoms are nearest images of each other along a tree
/// of bonds; the first atom of each part stays. edge [3]: of an orthogonal box, 0 where it is not periodic.
void make_whole(const Molecule &molecule, const double *edge, double *x);

/// The same with nearest images by `nearest`, which replaces a displacement [3] by that of its nearest image.
void make_whole(const Molecule &molecule, const std::function<void(double *)> &nearest, double *x);

/// Distance of atoms i and j in x [n_atoms, 3].
double atom_distance(const double *x, int i, int j);

}    // namespace cgflow

#endif
