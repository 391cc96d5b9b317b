// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_COORDINATES_H
#define CGFLOW_SRC_COORDINATES_H

#include "base/tensor.h"

#include "cgflow/cg_space.h"
#include "cgflow/config.h"
#include "cgflow/molecule.h"

#include <memory>
#include <optional>

namespace cgflow {

/// Where a fine coordinate lives.
struct FineCoordinate {
  enum class Kind { unbounded, circular, bounded };
  std::string name;
  Kind kind = Kind::unbounded;
  double lo = 0.0;    ///< range of a circular or bounded coordinate
  double hi = 0.0;
};

/// Invertible map between a molecule's Cartesian coordinates and (s, fine). All functions take and give float64 tensors
/// on a batch and are differentiable by autograd.
class CoordinateMap {
 public:
  virtual ~CoordinateMap() = default;
  virtual int n_atoms() const = 0;
  virtual const CgSpace &space() const = 0;
  virtual const std::vector<FineCoordinate> &fine() const = 0;
  int n_cv() const { return space().n_cv(); }
  int n_fine() const { return static_cast<int>(fine().size()); }

  /// True when the map uses absolute positions, so that a sample must not be moved (an external field).
  virtual bool absolute() const = 0;

  /// A structure to begin from without any dynamics, for maps that know one.
  struct Start {
    Tensor s;        // [n_cv], box units
    Tensor fine;     // [n_fine]
    Tensor scale;    // [n_fine], a thermal width to begin with; 0 for circular coordinates
  };
  virtual std::optional<Start> start() const { return std::nullopt; }

  /// Groups of atoms that the map takes as equal, and exchanges in cyclic order: the energy must not change by that.
  virtual std::vector<std::vector<int>> equal_atoms() const { return {}; }

  struct Internal {
    Tensor s;          // [batch, n_cv], box units
    Tensor fine;       // [batch, n_fine]
    Tensor log_det;    // [batch], ln |dx/d(s, fine)|
  };
  struct Cartesian {
    Tensor x;          // [batch, n_atoms, 3]; NaN where (s, fine) is no structure of the domain
    Tensor log_det;    // [batch], ln |dx/d(s, fine)|
  };
  /// x [batch, n_atoms, 3]. Throws ShapeError.
  virtual Internal to_internal(const Tensor &x) const = 0;
  /// s [batch, n_cv], fine [batch, n_fine]. Throws ShapeError.
  virtual Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const = 0;
};

/// Builds the map that a Config asks for: internal coordinates of the molecule (its bonds and configuration are needed), or
/// linear mixes (its number of atoms alone) in `dimension` (2 or 3) dimensions: in two, z is 0 and no coordinate. Throws
/// ConfigError, also when the molecule is not connected by bonds, has fewer than 4 atoms or not those of the CG variables.
std::unique_ptr<CoordinateMap> make_coordinate_map(const Config &config, const Molecule &molecule, int dimension);

/// Throws ConfigError when a CG variable names an atom beyond n_atoms.
void check_cg_atoms(const Config &config, int n_atoms);

}    // namespace cgflow

#endif
