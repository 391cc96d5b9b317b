// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/molecule.h"

#include "base/text.h"

#include "cgflow/archive.h"
#include "cgflow/error.h"

#include <algorithm>
#include <cmath>

namespace cgflow {

namespace {

// Relative difference up to which masses are equal. They come from text files, and converters round them differently.
constexpr double kSameMass = 1e-4;

std::string bond_text(const std::array<int, 2> &bond)
{
  return std::to_string(bond[0] + 1) + "-" + std::to_string(bond[1] + 1);
}

}    // namespace

std::string molecule_difference(const Molecule &a, const std::string &name_a, const Molecule &b, const std::string &name_b)
{
  if (a.n_atoms() != b.n_atoms())
    return name_a + " has " + std::to_string(a.n_atoms()) + " atoms, " + name_b + " has " + std::to_string(b.n_atoms());
  for (int i = 0; i < a.n_atoms(); ++i)
    if (std::fabs(a.mass[i] - b.mass[i]) > kSameMass * std::max(a.mass[i], b.mass[i]))
      return name_a + " has the mass " + format_number(a.mass[i]) + " for atom " + std::to_string(i + 1) + ", " + name_b +
             " has " + format_number(b.mass[i]);
  const auto missing = [](const Molecule &from, const std::string &name, const Molecule &in, const std::string &name_in) {
    for (const auto &bond : from.bonds)
      if (!std::binary_search(in.bonds.begin(), in.bonds.end(), bond))
        return name + " has the bond " + bond_text(bond) + ", " + name_in + " has not";
    return std::string();
  };
  const std::string first = missing(a, name_a, b, name_b);
  return first.empty() ? missing(b, name_b, a, name_a) : first;
}

void put_molecule(Archive &archive, const Molecule &molecule)
{
  std::vector<std::int64_t> bonds;
  for (const auto &bond : molecule.bonds) bonds.insert(bonds.end(), bond.begin(), bond.end());
  archive.put("molecule.mass", molecule.mass);
  archive.put("molecule.bonds", bonds);
  archive.put("molecule.configuration", molecule.configuration);
}

Molecule get_molecule(const Archive &archive)
{
  Molecule molecule;
  molecule.mass = archive.numbers("molecule.mass");
  molecule.configuration = archive.numbers("molecule.configuration");
  const auto &bonds = archive.integers("molecule.bonds");
  bool fits =
      bonds.size() % 2 == 0 && (molecule.configuration.empty() || molecule.configuration.size() == 3 * molecule.mass.size());
  for (std::size_t i = 0; fits && i < bonds.size(); i += 2) {
    fits = bonds[i] >= 0 && bonds[i] < bonds[i + 1] && bonds[i + 1] < molecule.n_atoms();
    molecule.bonds.push_back({static_cast<int>(bonds[i]), static_cast<int>(bonds[i + 1])});
  }
  if (!fits || !std::is_sorted(molecule.bonds.begin(), molecule.bonds.end()))
    throw ModelError("Model file: the molecule's masses, bonds and configuration do not fit each other");
  return molecule;
}

}    // namespace cgflow
