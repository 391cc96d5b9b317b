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

/// The domain of a fine coordinate.
struct FineCoordinate {
  enum class Kind { unbounded, circular, bounded };
  std::string name;
  Kind kind = Kind::unbounded;
  double lo = 0.0;    ///< range of a circular or bounded coordinate
  double hi = 0.0;
};

/// Invertible map between a molecule's Cartesian coordinates and (s, fine). All tensors are float64. The batch is the
/// innermost dimension of s and fine, as in the flow and in the kernels. Derivatives are given by pull_back(); autograd
/// records nothing.
class CoordinateMap {
 public:
  virtual ~CoordinateMap() = default;
  virtual int n_atoms() const = 0;
  virtual const CgSpace &space() const = 0;
  virtual const std::vector<FineCoordinate> &fine() const = 0;
  int n_cv() const { return space().n_cv(); }
  int n_fine() const { return static_cast<int>(fine().size()); }

  /// True when the map uses absolute positions, as in an external field. A sample must then not be moved or rotated.
  virtual bool absolute() const = 0;

  /// A structure from which training can start without any dynamics.
  struct Start {
    Tensor s;        // [n_cv], box units
    Tensor fine;     // [n_fine]
    Tensor scale;    // [n_fine], an estimate of the thermal width; 0 for circular coordinates
  };
  /// Nothing for maps that know no structure.
  virtual std::optional<Start> start() const { return std::nullopt; }

  /// Groups of atoms that the map treats as equal. The energy must not change when the atoms of a group are exchanged in
  /// cyclic order.
  virtual std::vector<std::vector<int>> equal_atoms() const { return {}; }

  struct Internal {
    Tensor s;          // [n_cv, batch], box units
    Tensor fine;       // [n_fine, batch]
    Tensor log_det;    // [batch], ln |dx/d(s, fine)|
  };
  struct Cartesian {
    Tensor x;          // [batch, n_atoms, 3]; NaN where (s, fine) is outside the map's domain
    Tensor log_det;    // [batch], ln |dx/d(s, fine)|
  };
  /// x [batch, n_atoms, 3]. Throws ShapeError.
  virtual Internal to_internal(const Tensor &x) const = 0;
  /// s [n_cv, batch], fine [n_fine, batch]. Throws ShapeError.
  virtual Cartesian to_cartesian(const Tensor &s, const Tensor &fine) const = 0;

  /// Derivatives by s [n_cv, batch] and by fine [n_fine, batch].
  struct Gradient {
    Tensor s, fine;
  };
  /// The derivatives of a function of x and log_det by (s, fine) are the sum of the two parts.
  struct PulledBack {
    Gradient by_x;          // the part through x
    Gradient by_log_det;    // the part through log_det
  };
  /// Carries derivatives from (x, log_det) back to (s, fine), where to_cartesian() was called with the same s and fine:
  /// gx [batch, n_atoms, 3] by x and g_log_det [batch] by log_det. An undefined gx or g_log_det leaves its part undefined.
  /// gx must be 0 where x is NaN, as the gradient of an EnergyBatch is. Throws ShapeError.
  virtual PulledBack pull_back(const Tensor &s, const Tensor &fine, const Tensor &gx, const Tensor &g_log_det) const = 0;

 protected:
  /// Throws ShapeError unless these are arguments of to_cartesian() and pull_back().
  void check_point(const Tensor &s, const Tensor &fine) const;
  void check_gradient(const Tensor &s, const Tensor &gx, const Tensor &g_log_det) const;
};

/// Builds the map that a Config asks for: internal coordinates of the molecule (its bonds and configuration are needed), or
/// linear mixes (only its number of atoms is needed) in `dimension` (2 or 3) dimensions. In two dimensions z is 0 and is no
/// coordinate. Throws ConfigError, also when the bonds do not connect the molecule, when it has fewer than 4 atoms or when a
/// CG variable names an atom that it does not have.
std::unique_ptr<CoordinateMap> make_coordinate_map(const Config &config, const Molecule &molecule, int dimension);

/// Throws ConfigError when a CG variable names an atom beyond n_atoms.
void check_cg_atoms(const Config &config, int n_atoms);

}    // namespace cgflow

#endif
