// SPDX-License-Identifier: GPL-2.0-only
// Stereochemistry of a molecule by its bonds and masses.
#ifndef CGFLOW_SRC_STEREO_H
#define CGFLOW_SRC_STEREO_H

#include "cgflow/molecule.h"

#include <array>
#include <vector>

namespace cgflow {

/// A stereo center: an atom with four neighbors whose branches all differ in their bonds or masses. Centers whose
/// branches differ in chirality alone, and united atoms with three neighbors, are not found.
struct StereoCentre {
  int atom = 0;
  std::array<int, 4> neighbours{};    ///< ascending; for an amino acid's alpha carbon H, C of CO, side chain, N (CORN rule)
  bool alpha = false;                 ///< an amino acid's alpha carbon
  int hand = 0;    ///< chirality: sign of the neighbors' triple product in the molecule's structure; alpha: 1 is L
};

/// All stereo centers by ascending atom. Throws ConfigError when the molecule's structure is flat at a center.
std::vector<StereoCentre> find_stereo_centres(const Molecule &molecule);

/// Chirality of a center in x [n_atoms, 3]: 1, -1, or 0 when flat.
int hand_of(const StereoCentre &centre, const double *x);

/// Amide bonds C-N with cis-trans isomers, each as the four atoms of omega: the heavy neighbor of C that is not O; C; N;
/// the heavy neighbor of N. Of two heavy neighbors of N, as in proline, it is the one beside a carbonyl carbon. By
/// ascending C.
std::vector<std::array<int, 4>> find_peptide_bonds(const Molecule &molecule);

}    // namespace cgflow

#endif
