// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_INTERNAL_COORDINATES_H
#define CGFLOW_SRC_INTERNAL_COORDINATES_H

#include "coordinates/coordinates.h"
#include "molecule/stereo.h"
#include "molecule/zmatrix.h"

#include <vector>

namespace cgflow {

/// The CG variables and the fine coordinates among the internal coordinates of a z-matrix.
struct InternalCoordinates {
  /// A fine coordinate and its entry in the internal vector.
  struct Coordinate {
    FineCoordinate fine;
    int raw = 0;
    double center = 0.0;    ///< value in the molecule's configuration; dihedrals are taken within half a turn of it
    double lo = 0.0;        ///< the value of a structure in the domain lies in (lo, hi)
    double hi = 0.0;
    double scale = 0.0;    ///< an estimate of the thermal width
  };
  /// A rotor with n equal ends. Its coordinate is the mean of their dihedrals, with the period 2 pi / n.
  struct SymmetricRotor {
    int coordinate = 0;             ///< coordinate of the rotor itself
    std::vector<int> siblings;      ///< coordinates of the other ends: dihedrals relative to the first
    std::vector<double> offsets;    ///< ideal values of these, radians
    std::vector<int> atoms;         ///< all ends, in the order in which a rotation takes each to the next
  };
  std::vector<int> cg_raw;                ///< entry of each CG variable in the internal vector
  std::vector<Coordinate> coordinates;    ///< all others: rotors, then dihedrals, angles and bonds
  std::vector<SymmetricRotor> rotors;
  std::vector<StereoCentre> filtered;    ///< stereo centers that no interval keeps, so that structures must be checked
};

/// Classifies the coordinates of a z-matrix; `reference` [3 n - 6] is the internal vector of the molecule's configuration.
/// Dihedrals relative to a sibling keep their sign, which is the order of equal hydrogens and, unless it is filtered,
/// chirality. Dihedrals about bonds of rings and about conjugated C-N bonds (omega of peptide bonds) stay within a quarter
/// turn of the configuration. The others are free. Throws ConfigError when three atoms are collinear or a stereo center is
/// flat in the configuration.
InternalCoordinates classify_coordinates(const ZMatrix &z, const kernels::InternalLayout &layout, const Molecule &molecule,
                                         const std::vector<double> &reference, const CoordinatesConfig &config);

}    // namespace cgflow

#endif
