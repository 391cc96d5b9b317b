// SPDX-License-Identifier: GPL-2.0-only
#include "coordinates/coordinates.h"

#include "base/tensor_shape.h"
#include "coordinates/internal_map.h"
#include "coordinates/linear_map.h"
#include "molecule/bond_graph.h"

#include "cgflow/error.h"

namespace cgflow {

void check_cg_atoms(const Config &config, int n_atoms)
{
  for (const auto &entry : config.cg)
    for (const int id : entry.atoms())
      if (id < 1 || id > n_atoms)
        throw ConfigError("cg '" + entry.name + "': got atom " + std::to_string(id) + " in " + entry.kind() +
                          ", expected atom IDs from 1 to " + std::to_string(n_atoms) + ", the molecule's number of atoms");
}

void CoordinateMap::check_point(const Tensor &s, const Tensor &fine) const
{
  check_shape("CG points", s, {n_cv(), -1});
  check_shape("fine coordinates", fine, {n_fine(), s.size(1)});
}

void CoordinateMap::check_gradient(const Tensor &s, const Tensor &gx, const Tensor &g_log_det) const
{
  if (gx.defined()) check_shape("derivatives by Cartesian coordinates", gx, {s.size(1), n_atoms(), 3});
  if (g_log_det.defined()) check_shape("derivatives by log_det", g_log_det, {s.size(1)});
}

namespace {

// Three atoms have no dihedral, and fewer than three have less than six rigid motions.
constexpr int kFewestAtoms = 4;

void check_molecule(const Config &config, const Molecule &molecule, int dimension)
{
  const std::string where = "cg '" + config.cg[0].name + "': got the kind " + config.cg[0].kind();
  if (dimension != 3) throw ConfigError(where + " in a 2-dimensional system, expected dimension 3");
  if (molecule.n_atoms() < kFewestAtoms)
    throw ConfigError(where + " and a molecule of " + std::to_string(molecule.n_atoms()) + " atoms, expected at least " +
                      std::to_string(kFewestAtoms));
  check_cg_atoms(config, molecule.n_atoms());
  if (molecule.configuration.size() != 3 * molecule.mass.size())
    throw ConfigError(where + " without a structure of the molecule, expected the atomistic script that defines it");
  if (const auto n = config.coordinates.elements.size(); n > 0 && n != molecule.mass.size())
    throw ConfigError("coordinates.elements: got " + std::to_string(n) + " elements, expected " +
                      std::to_string(molecule.n_atoms()) + ", one for each atom of the molecule");
  BondGraph(molecule).require_connected();
}

}    // namespace

std::unique_ptr<CoordinateMap> make_coordinate_map(const Config &config, const Molecule &molecule, int dimension)
{
  if (dimension != 2 && dimension != 3)
    throw ConfigError("coordinate map: got dimension " + std::to_string(dimension) + ", expected 2 or 3");
  if (molecule.n_atoms() < 1)
    throw ConfigError("coordinate map: got a system of " + std::to_string(molecule.n_atoms()) +
                      " atoms, expected at least one");
  // One map for each kind of CG variable. Kinds cannot be mixed, because each map completes the coordinates in its own way.
  if (!is_molecular(config)) return std::make_unique<LinearMap>(config, molecule.n_atoms(), dimension);
  check_molecule(config, molecule, dimension);
  return make_internal_map(config, molecule);
}

}    // namespace cgflow
