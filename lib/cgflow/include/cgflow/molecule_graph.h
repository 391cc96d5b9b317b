// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_MOLECULE_GRAPH_H
#define CGFLOW_MOLECULE_GRAPH_H

#include "cgflow/molecule.h"

#include <functional>
#include <vector>

namespace cgflow {

/// An upper limit of the distance of any two atoms, length units, as long as bonds keep the lengths that they have in
/// the molecule's configuration: the longest of the shortest paths along bonds. Infinity when the bonds do not connect
/// all atoms.
double stretched_length(const Molecule &molecule);

/// Moves the atoms of x [n_atoms, 3] by whole box edges so that bonded atoms are nearest images of each other along a tree
/// of bonds; the first atom of each connected part stays. edge [3] holds the edges of an orthogonal box, 0 where it is not
/// periodic. Throws ConfigError when a bond names an atom that does not exist.
void make_whole(const Molecule &molecule, const double *edge, double *x);

/// The same for any box: `nearest` replaces a displacement [3] by that of its nearest image.
void make_whole(const Molecule &molecule, const std::function<void(double *)> &nearest, double *x);

/// Distance of atoms i and j in x [n_atoms, 3].
double atom_distance(const double *x, int i, int j);

/// Two atoms and their distance, length units.
struct AtomPair {
  int first = -1, second = -1;
  double distance = 0.0;
};

/// The closest two of n atoms x [n, 3]; the indices are -1 when there is only one.
AtomPair closest_atoms(const double *x, int n);

}    // namespace cgflow

#endif
