// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/molecule.h"

#include "base/text.h"
#include "molecule/elements.h"

#include "cgflow/archive.h"
#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

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
  if (!molecule.elements.empty()) archive.put("molecule.elements", join(molecule.elements, " "));
}

Molecule get_molecule(const Archive &archive)
{
  constexpr double most = Archive::kMostNumber;
  Molecule molecule;
  molecule.mass = archive.numbers("molecule.mass", {-1}, 0.0, most);
  if (molecule.mass.empty() || molecule.mass.size() > std::numeric_limits<int>::max() / 3)
    archive.refuse("molecule.mass", "got " + std::to_string(molecule.mass.size()) + " atoms, expected at least one");
  const int n = molecule.n_atoms();
  molecule.configuration = archive.numbers("molecule.configuration", {-1}, -most, most);
  if (!molecule.configuration.empty() && molecule.configuration.size() != 3 * molecule.mass.size())
    archive.refuse("molecule.configuration", "got " + std::to_string(molecule.configuration.size()) +
                                                 " coordinates, expected none or " + std::to_string(3 * n) + " for the " +
                                                 std::to_string(n) + " atoms of 'molecule.mass'");
  const auto &bonds = archive.integers("molecule.bonds", -1, 0, n - 1);
  if (bonds.size() % 2 != 0)
    archive.refuse("molecule.bonds", "got " + std::to_string(bonds.size()) + " numbers, expected two for each bond");
  for (std::size_t i = 0; i < bonds.size(); i += 2) {
    const std::array<int, 2> bond{static_cast<int>(bonds[i]), static_cast<int>(bonds[i + 1])};
    if (bond[0] >= bond[1] || (i > 0 && bond <= molecule.bonds.back()))
      archive.refuse("molecule.bonds", "bond " + std::to_string(i / 2 + 1) + " is of the atoms " + bond_text(bond) +
                                           ", expected two different atoms, the lower one first, and bonds in order");
    molecule.bonds.push_back(bond);
  }
  if (!archive.has("molecule.elements")) return molecule;
  std::istringstream words(archive.plain_text("molecule.elements"));
  for (std::string symbol; words >> symbol;) {
    if (!is_element_symbol(symbol))
      archive.refuse("molecule.elements", "got '" + symbol + "', expected symbols of elements");
    molecule.elements.push_back(symbol);
  }
  if (molecule.elements.size() != molecule.mass.size())
    archive.refuse("molecule.elements", "got " + std::to_string(molecule.elements.size()) + " symbols, expected " +
                                            std::to_string(n) + ", one for each atom");
  return molecule;
}

}    // namespace cgflow
