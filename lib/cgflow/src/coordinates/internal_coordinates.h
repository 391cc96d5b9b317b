// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_INTERNAL_COORDINATES_H
#define CGFLOW_SRC_INTERNAL_COORDINATES_H

#include "coordinates/coordinates.h"
#include "molecule/stereo.h"
#include "molecule/zmatrix.h"

#include <vector>

namespace cgflow {

/// What each internal coordinate of a z-matrix is to the flow.
struct InternalCoordinates {
  /// A coordinate and its entry of the internal vector.
  struct Coordinate {
    FineCoordinate fine;
    int raw = 0;
    double centre = 0.0;    ///< value in the molecule's configuration; dihedrals are taken within half a turn of it
    double lo = 0.0;        ///< a structure with a value outside (lo, hi) does not belong to the domain
    double hi = 0.0;
    double scale = 0.0;    ///< a thermal width to begin with
  };
  /// A rotor with n equal ends: its coordinate is the mean of their dihedrals, with the period of a turn's n-th part.
  struct SymmetricRotor {
    int coordinate = 0;             ///< of the rotor itself
    std::vector<int> siblings;      ///< coordinates of the other ends, dihedrals relative to the first
    std::vector<double> offsets;    ///< ideal values of these, radians
    std::vector<int> atoms;         ///< all ends, in the order in which a turn brings one to the next
  };
  std::vector<int> cg_raw;                ///< place of each CG variable
  std::vector<Coordinate> coordinates;    ///< all others: rotors, then dihedrals, angles and bonds
  std::vector<SymmetricRotor> rotors;
  std::vector<StereoCentre> filtered;    ///< centres whose hand no interval keeps: structures are to be looked at
};

/// Classifies the coordinates of a z-matrix; `reference` [3 n - 6] is the internal vector of the molecule's configuration.
/// Dihedrals relative to a sibling keep their handedness (the order of equal hydrogens, and chirality unless it is
/// filtered); those about bonds of rings and about conjugated C-N bonds (peptide bonds: omega) stay within a quarter turn of
/// the configuration; the others turn freely. Throws ConfigError when three atoms are collinear or a stereo centre is flat
/// in the configuration.
InternalCoordinates classify_coordinates(const ZMatrix &z, const kernels::InternalLayout &layout, const Molecule &molecule,
                                         const std::vector<double> &reference, const CoordinatesConfig &config);

}    // namespace cgflow

#endif
