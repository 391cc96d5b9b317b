// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/chemistry.h"

#include <algorithm>
#include <cmath>

namespace cgflow {
namespace {

// Limits of masses in g/mol.
// Files round masses, at worst to integers. The elements that are distinguished here differ by two or more.
constexpr double kSameElement = 0.3;
// Simulations make hydrogen up to four times heavier to allow longer time steps.
constexpr double kHeaviestHydrogen = 4.5;
// Elements up to fluorine invert over low barriers, phosphorus and sulfur over high ones.
constexpr double kHeaviestInverting = 20.0;

}    // namespace

Chemistry::Chemistry(const Molecule &molecule) : molecule_(molecule), graph_(molecule) {}

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
