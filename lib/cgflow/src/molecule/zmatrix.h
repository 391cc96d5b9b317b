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

/// Builds the z-matrix of a molecule from its bonds, such that every CG variable is one of its coordinates. About each
/// bond one atom has a true torsion: that of a CG dihedral, or the one with the largest branch. The dihedrals of its
/// siblings are relative to it, so they stay near 120 or 180 degrees for every value of the torsion. The molecule must
/// be connected and have the atoms that the CG variables name, as make_coordinate_map() checks. Throws ConfigError when
/// a CG variable is no coordinate along bonds, or no tree contains all of them.
ZMatrix build_zmatrix(const Molecule &molecule, const std::vector<CgVariableConfig> &cg);

/// The z-matrix of rows given as texts "atom bond angle dihedral" with 1-based atom IDs. Throws ConfigError naming the row.
ZMatrix read_zmatrix(const std::vector<std::string> &rows, const Molecule &molecule,
                     const std::vector<CgVariableConfig> &cg);

}    // namespace cgflow

#endif
