// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/chemistry.h"

#include <algorithm>

namespace cgflow {
namespace {

// Elements up to fluorine invert over low barriers, phosphorus and sulfur over high ones. g/mol.
constexpr double kHeaviestInverting = 20.0;

}    // namespace

Chemistry::Chemistry(const Molecule &molecule)
    : molecule_(molecule), graph_(molecule), elements_(find_elements(molecule, graph_))
{
}

bool Chemistry::is_hydrogen(int i) const { return is(i, Element::hydrogen); }

bool Chemistry::is_carbon(int i) const { return is(i, Element::carbon); }

bool Chemistry::is_nitrogen(int i) const { return is(i, Element::nitrogen); }

bool Chemistry::is_terminal_oxygen(int i) const { return is(i, Element::oxygen) && neighbours(i).size() == 1; }

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

bool Chemistry::inverts(int i) const { return neighbours(i).size() == 3 && elements_.mass[i] < kHeaviestInverting; }

}    // namespace cgflow
