// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/recognition.h"

#include "base/text.h"
#include "molecule/chemistry.h"
#include "molecule/geometry.h"
#include "molecule/stereo.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace cgflow {
namespace {

// Entries of a list before it is cut, so that a line stays short.
constexpr std::size_t kListed = 8;
// The angles at a planar atom with three neighbors add up to 360 degrees, those at a tetrahedral one to 328.
constexpr double kPlanarSum = 350.0;

std::string list(std::vector<std::string> entries)
{
  if (entries.size() > kListed) {
    const std::size_t more = entries.size() - kListed;
    entries.resize(kListed);
    return join(entries) + formatted(" and %zu more", more);
  }
  return join(entries);
}

std::string ids(const std::vector<int> &atoms, const std::string &separator)
{
  std::vector<std::string> words;
  for (const int i : atoms) words.push_back(std::to_string(i + 1));
  return join(words, separator);
}

std::vector<std::string> singly(const std::vector<int> &atoms)
{
  std::vector<std::string> words;
  for (const int i : atoms) words.push_back(std::to_string(i + 1));
  return words;
}

std::vector<std::string> stereo_centres(const Molecule &molecule)
{
  std::vector<std::string> found;
  for (const StereoCentre &c : find_stereo_centres(molecule))
    found.push_back(std::to_string(c.atom + 1) + (!c.alpha ? "" : c.hand > 0 ? " (L)" : " (D)"));
  return found;
}

std::vector<std::string> conjugated_bonds(const Molecule &molecule, const Chemistry &chemistry)
{
  const auto omegas = find_peptide_bonds(molecule);
  const double *x = molecule.configuration.data();
  std::vector<std::string> found;
  for (const auto &[i, j] : molecule.bonds) {
    if (!chemistry.is_conjugated(i, j) || chemistry.graph().in_ring(i, j)) continue;
    found.push_back(ids({i, j}, "-"));
    for (const auto &[before, c, n, after] : omegas) {
      if (std::minmax(c, n) != std::minmax(i, j)) continue;
      const double omega = dihedral(x + 3 * before, x + 3 * c, x + 3 * n, x + 3 * after);
      found.back() += std::fabs(omega) > 90.0 ? " (trans)" : " (cis)";
    }
  }
  return found;
}

bool is_planar(const Molecule &molecule, int atom, const std::vector<int> &n)
{
  const double *x = molecule.configuration.data(), *at = x + 3 * atom;
  const double *a = x + 3 * n[0], *b = x + 3 * n[1], *c = x + 3 * n[2];
  return angle(a, at, b) + angle(b, at, c) + angle(c, at, a) > kPlanarSum;
}

// An inversion that only exchanges equal ends is no motion of its own.
std::vector<int> inverting_atoms(const Molecule &molecule, const Chemistry &chemistry)
{
  std::vector<int> found;
  for (int i = 0; i < chemistry.n_atoms(); ++i) {
    const auto &neighbours = chemistry.neighbours(i);
    if (!chemistry.inverts(i) || is_planar(molecule, i, neighbours)) continue;
    const auto ends =
        std::count_if(neighbours.begin(), neighbours.end(), [&](int j) { return chemistry.neighbours(j).size() == 1; });
    if (ends < 2) found.push_back(i);
  }
  return found;
}

// The atoms that bonds of rings connect, such as all of two fused rings, ascending.
std::vector<std::string> ring_systems(const Molecule &molecule, const BondGraph &graph)
{
  Molecule rings = molecule;
  std::erase_if(rings.bonds, [&](const auto &bond) { return !graph.in_ring(bond[0], bond[1]); });
  const BondGraph connected(rings);
  std::vector<char> seen(rings.n_atoms(), 0);
  std::vector<std::string> found;
  for (int i = 0; i < rings.n_atoms(); ++i) {
    if (seen[i] || connected.neighbours(i).empty()) continue;
    std::vector<int> atoms{i};
    connected.walk(i, seen, [&](int, int to) { atoms.push_back(to); });
    std::sort(atoms.begin(), atoms.end());
    found.push_back(ids(atoms, " "));
  }
  return found;
}

std::string masses(const Elements &elements)
{
  std::string text;
  if (elements.repartitioned) text = "hydrogens have a part of their neighbors' masses, elements are recognized by the sums";
  if (elements.isotopes.empty()) return text;
  return text + (text.empty() ? "" : "; ") + "isotopes at atoms " + list(singly(elements.isotopes));
}

// The atoms of each element that a user or the labels of types have named.
std::string by_symbol(const std::vector<std::string> &symbols)
{
  std::map<std::string, std::vector<int>> atoms;
  for (std::size_t i = 0; i < symbols.size(); ++i) atoms[symbols[i]].push_back(static_cast<int>(i));
  std::vector<std::string> texts;
  for (const auto &[symbol, of] : atoms) texts.push_back(symbol + " " + ids(of, " "));
  return list(texts);
}

}    // namespace

std::vector<std::string> recognized_chemistry(const Molecule &molecule, const CoordinatesConfig &config,
                                              const std::vector<std::vector<int>> &equal_atoms)
{
  const Chemistry chemistry(molecule);
  std::vector<std::string> lines, equal;
  const auto add = [&](const std::string &what, const std::string &atoms) {
    if (!atoms.empty()) lines.push_back("recognized " + what + ": " + atoms);
  };
  for (const auto &atoms : equal_atoms) equal.push_back(ids(atoms, " "));
  if (!molecule.elements.empty()) add("elements", by_symbol(molecule.elements));
  add("masses", masses(chemistry.elements()));
  add("stereo centers, which are kept", list(stereo_centres(molecule)));
  add(config.omega == "full" ? "conjugated C-N bonds, which rotate by omega: full"
                             : "conjugated C-N bonds, which stay planar",
      list(conjugated_bonds(molecule, chemistry)));
  add("rotors with equal ends", list(equal));
  add("atoms that can invert", list(singly(inverting_atoms(molecule, chemistry))));
  add("rings", list(ring_systems(molecule, chemistry.graph())));
  return lines;
}

std::string unknown_elements(const Molecule &molecule)
{
  const auto &mass = molecule.mass;
  const std::string follows = "; peptide bonds, amino acids and isotopes are not recognized there, so a peptide bond would "
                              "rotate freely; expected masses of elements in g/mol, labels of atom types (# CT after "
                              "the masses of the data file), or coordinates: {elements: [...]} in the YAML file";
  if (!molecule.elements.empty()) return "";
  if (masses_are_equal(molecule))
    return "molecule: all atoms have the mass " + format_number(mass[0]) + ", which tells no elements" + follows;
  const Chemistry chemistry(molecule);
  std::vector<std::string> atoms;
  for (const int i : chemistry.elements().unknown()) {
    const std::size_t bonds = chemistry.neighbours(i).size();
    atoms.push_back(
        formatted("atom %d (mass %s, %zu bond%s)", i + 1, format_number(mass[i]).c_str(), bonds, bonds == 1 ? "" : "s"));
  }
  if (atoms.empty()) return "";
  return "molecule: the masses of these atoms are no element's with so many bonds: " + list(atoms) + follows;
}

}    // namespace cgflow
