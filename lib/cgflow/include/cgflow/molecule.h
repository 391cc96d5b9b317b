// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_MOLECULE_H
#define CGFLOW_MOLECULE_H

#include <array>
#include <string>
#include <vector>

namespace cgflow {

class Archive;

/// The molecule that is learned, as read from its atomistic system. Atoms are numbered from 0 in the order of their IDs;
/// in YAML files and messages they are 1-based.
struct Molecule {
  std::vector<double> mass;                 ///< [n_atoms], LAMMPS mass units
  std::vector<std::array<int, 2>> bonds;    ///< pairs i < j, sorted, each once; empty for particles in a field
  std::vector<double> configuration;    ///< [n_atoms, 3], length units, whole across the box; the structure to begin from

  /// [n_atoms], symbols of elements, where the user (coordinates: elements) or name_elements() gives them; else empty, and
  /// masses and bonds tell the elements.
  std::vector<std::string> elements{};

  int n_atoms() const { return static_cast<int>(mass.size()); }
  bool operator==(const Molecule &) const = default;
};

/// The first difference between two molecules in number of atoms, masses and bonds, as "a has ..., b has ...". Empty
/// when they are the same molecule; their structures may differ.
std::string molecule_difference(const Molecule &a, const std::string &name_a, const Molecule &b, const std::string &name_b);

/// False where all atoms have one mass, or an atom has that of no element.
bool masses_tell_elements(const Molecule &molecule);

/// Names the elements by labels of the atoms' types, [n_atoms], such as CT, c3 or HC, where the masses are those of no elements.
/// Returns false, and changes nothing, where the masses tell the elements or a label does not.
bool name_elements(Molecule &molecule, const std::vector<std::string> &labels);

/// Write and read the items `molecule.*` of an archive. get_molecule() throws ModelError when they do not fit each other.
void put_molecule(Archive &archive, const Molecule &molecule);
Molecule get_molecule(const Archive &archive);

}    // namespace cgflow

#endif
