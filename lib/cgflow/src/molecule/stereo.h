// SPDX-License-Identifier: GPL-2.0-only
// What the bonds and masses of a molecule say of its stereochemistry.
#ifndef CGFLOW_SRC_STEREO_H
#define CGFLOW_SRC_STEREO_H

#include "cgflow/molecule.h"

#include <array>
#include <vector>

namespace cgflow {

/// An atom with four neighbours whose branches are all different, as the bond graph with its masses tells them apart.
/// Centres that differ by the handedness of their branches alone, and united atoms with three neighbours, are not found.
struct StereoCentre {
  int atom = 0;
  std::array<int, 4> neighbours{};    ///< ascending; for an amino acid's alpha carbon H, C of CO, side chain, N (CORN)
  bool alpha = false;                 ///< an amino acid's alpha carbon
  int hand = 0;    ///< sign of the neighbours' triple product in the molecule's configuration; alpha: 1 is L
};

/// By ascending atom. Throws ConfigError when the molecule's configuration is flat at a centre.
std::vector<StereoCentre> find_stereo_centres(const Molecule &molecule);

/// Handedness of a centre in x [n_atoms, 3]: 1, -1, or 0 when flat.
int hand_of(const StereoCentre &centre, const double *x);

/// Amide bonds C-N whose rotation is cis-trans isomerism, as the four atoms of omega: the heavy neighbour of C that is not
/// O, C, N, and the heavy neighbour of N (of two, proline's, that with a carbonyl carbon next to it). By ascending C.
std::vector<std::array<int, 4>> find_peptide_bonds(const Molecule &molecule);

}    // namespace cgflow

#endif
