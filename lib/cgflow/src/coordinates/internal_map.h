// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_INTERNAL_MAP_H
#define CGFLOW_SRC_INTERNAL_MAP_H

#include "coordinates/coordinates.h"

#include "cgflow/molecule.h"

#include <memory>

namespace cgflow {

/// s and fine as internal coordinates of one molecule, which may be anywhere: bonds, angles and dihedrals of a z-matrix.
/// Fine coordinates are in length units and radians, rotors first. A point outside the domain (wrong chirality, a negative
/// bond) has x = NaN, and the weight of its sample is zero. log_det leaves out the constant volume of rotation and
/// translation. make_coordinate_map() has checked the molecule. Throws ConfigError when the molecule has no such
/// coordinates.
std::unique_ptr<CoordinateMap> make_internal_map(const Config &config, const Molecule &molecule);

}    // namespace cgflow

#endif
