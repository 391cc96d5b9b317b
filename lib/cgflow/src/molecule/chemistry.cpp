// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/chemistry.h"

#include "cgflow/molecule_graph.h"

#include <algorithm>
#include <cmath>

namespace cgflow {
namespace {

// Files round masses, to integers at worst. The elements told apart here are two and more apart.
constexpr double kSameElement = 0.3;
// Simulations make hydrogen up to four times heavier.
constexpr double kHeaviestHydrogen = 4.5;
// Elements up to fluorine: their barriers of inversion are low, those of phosphorus and sulfur are not.
constexpr double kHeaviestInverting = 20.0;

}    // namespace

Chemistry::Chemistry(const Molecule &molecule) : molecule_(molecule), neighbours_(bonded_atoms(molecule)) {}

bool Chemistry::is(int i, double mass) const { return std::fabs(molecule_.mass[i] - mass) < kSameElement; }

bool Chemistry::is_hydrogen(int i) const { return mass(i) < kHeaviestHydrogen; }

bool Chemistry::is_carbon(int i) const { return is(i, 12.011); }

bool Chemistry::is_nitrogen(int i) const { return is(i, 14.007); }

bool Chemistry::is_terminal_oxygen(int i) const { return is(i, 15.999) && neighbours(i).size() == 1; }

bool Chemistry::is_carbonyl(int i) const
{
  return is_carbon(i) && neighbours(i).size() == 3 &&
         std::any_of(neighbours(i).begin(), neighbours(i).end(), [&](int j) { return is_terminal_oxygen(j); });
}

bool Chemistry::is_conjugated(int i, int j) const
{
  if (neighbours(i).size() != 3 || neighbours(j).size() != 3) return false;
  return (is_carbon(i) && is_nitrogen(j)) || (is_carbon(j) && is_nitrogen(i));
}

bool Chemistry::inverts(int i) const { return neighbours(i).size() == 3 && mass(i) < kHeaviestInverting; }

}    // namespace cgflow
