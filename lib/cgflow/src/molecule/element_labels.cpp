// SPDX-License-Identifier: GPL-2.0-only
// Elements by the labels that force fields give to their atom types: CT, c3, HC, OW, Cl1.
#include "cgflow/molecule.h"

#include "molecule/bond_graph.h"

#include <algorithm>
#include <cctype>

namespace cgflow {

namespace {

// The letters with which a label begins, after digits as in 1HB.
std::string letters_of(const std::string &label)
{
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0; };
  const auto begin = std::find_if(label.begin(), label.end(), is_letter);
  return {begin, std::find_if_not(begin, label.end(), is_letter)};
}

// Two letters are an element where they cannot be read otherwise: CA, Ca, NA and CD are carbon and nitrogen atoms of force fields
// far more often than they are metals. Lower-case labels are those of GAFF.
std::string symbol_of(const std::string &label)
{
  const std::string letters = letters_of(label);
  if (letters.empty()) return "";
  std::string upper;
  for (const unsigned char c : letters) upper += static_cast<char>(std::toupper(c));
  if (upper == "CL") return "Cl";
  if (upper == "BR") return "Br";
  for (const std::string symbol : {"Li", "Na", "Mg", "Si", "Fe", "Zn", "Se"})
    if (letters == symbol) return symbol;
  if (upper[0] == 'D') return "H";
  return std::string("HCNOFPSBIK").find(upper[0]) == std::string::npos ? "" : upper.substr(0, 1);
}

}    // namespace

bool name_elements(Molecule &molecule, const std::vector<std::string> &labels)
{
  if (labels.size() != molecule.mass.size() || !molecule.elements.empty() || masses_tell_elements(molecule)) return false;
  const BondGraph graph(molecule);
  std::vector<std::string> symbols;
  for (int i = 0; i < molecule.n_atoms(); ++i) {
    symbols.push_back(symbol_of(labels[i]));
    if (symbols.back().empty() || (symbols.back() == "H" && graph.neighbours(i).size() > 1)) return false;
  }
  molecule.elements = symbols;
  return true;
}

}    // namespace cgflow
