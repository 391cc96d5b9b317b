// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ZMATRIX_H
#define CGFLOW_SRC_ZMATRIX_H

#include "kernels/internal_vector.h"
#include "molecule/bond_graph.h"

#include "cgflow/config.h"
#include "cgflow/molecule.h"

#include <string>
#include <vector>

namespace cgflow {

using kernels::ZRow;

/// A z-matrix with the place of each CG variable in it.
struct ZMatrix {
  enum class Part { bond, angle, dihedral };
  struct Place {
    int row = 0;
    Part part = Part::dihedral;
  };
  std::vector<ZRow> rows;    ///< each refers to rows above it
  std::vector<Place> cg;     ///< of each CG variable, in their order
};

/// Builds the z-matrix of a molecule from its bonds, such that every CG variable is a coordinate of its own. Along each bond
/// one atom, the one with the largest branch or that of a CG dihedral, has a true torsion; its siblings' dihedrals refer to
/// it, so that they stay near 120 or 180 degrees whatever the torsion is. The molecule is one that make_coordinate_map() has
/// let pass: connected, with the atoms that the CG variables name. Throws ConfigError when a CG variable is no coordinate
/// along bonds, or no tree holds them all.
ZMatrix build_zmatrix(const Molecule &molecule, const std::vector<CgVariableConfig> &cg);

/// The same from rows given as texts "atom bond angle dihedral" with 1-based atom IDs. Throws ConfigError naming the row.
ZMatrix read_zmatrix(const std::vector<std::string> &rows, const Molecule &molecule,
                     const std::vector<CgVariableConfig> &cg);

}    // namespace cgflow

#endif
