// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/error.h"
#include "cgflow/molecule_graph.h"
#include "cgflow/trajectory.h"

#include <cmath>
#include <sstream>

namespace cgflow {

namespace {

// Length of a bond relative to the molecule's structure, beyond which a frame is of another molecule. Bonds never come
// so far at temperatures of interest, while second neighbors are often that far apart.
constexpr double kLongest = 2.0, kShortest = 0.5;

void check_atoms(const std::string &path, const Trajectory &data, const Molecule &molecule)
{
  if (data.n_atoms != molecule.n_atoms())
    throw FileError(path + ": got " + std::to_string(data.n_atoms) + " atoms in a frame, expected the " +
                    std::to_string(molecule.n_atoms()) + " of the molecule");
  for (int i = 0; i < data.n_atoms; ++i)
    if (data.ids[i] != i + 1)
      throw FileError(path + ": got no atom " + std::to_string(i + 1) + ", expected the atoms 1 to " +
                      std::to_string(data.n_atoms) + " of the molecule");
}

void check_bonds(const std::string &path, std::int64_t step, const double *x, const Molecule &molecule)
{
  for (const auto &[i, j] : molecule.bonds) {
    const double length = atom_distance(x, i, j), usual = atom_distance(molecule.configuration.data(), i, j);
    if (length >= kShortest * usual && length <= kLongest * usual) continue;
    std::ostringstream text;
    text << path << ": timestep " << step << " has the length " << length << " between atoms " << i + 1 << " and " << j + 1
         << ", whose bond is " << usual << " long in the molecule; expected a dump of this molecule";
    throw FileError(text.str());
  }
}

}    // namespace

Trajectory read_dump(const std::string &path, const Molecule &molecule)
{
  Trajectory data = read_dump(path);
  check_atoms(path, data, molecule);
  if (molecule.bonds.empty()) return data;
  for (int f = 0; f < data.frames(); ++f) {
    const double *edge = &data.edges[3 * f];
    if (std::isnan(edge[0]))
      throw FileError(path + ": timestep " + std::to_string(data.steps[f]) +
                      " has a triclinic box, expected an orthogonal one: molecules are made whole over its faces");
    double *x = &data.x[static_cast<std::size_t>(f) * 3 * data.n_atoms];
    make_whole(molecule, edge, x);
    check_bonds(path, data.steps[f], x, molecule);
  }
  return data;
}

}    // namespace cgflow
