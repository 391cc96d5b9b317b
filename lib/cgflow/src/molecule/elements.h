// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ELEMENTS_H
#define CGFLOW_SRC_ELEMENTS_H

#include "molecule/bond_graph.h"

#include "cgflow/molecule.h"

#include <vector>

namespace cgflow {

/// `other` stands for the elements that chemistry does not tell apart, among them all that are heavier than fluorine.
enum class Element { unknown, hydrogen, carbon, nitrogen, oxygen, other };

/// The elements of a molecule's atoms by their masses in g/mol and their bonds.
struct Elements {
  std::vector<Element> of;       ///< [n_atoms]
  std::vector<double> mass;      ///< [n_atoms], as if no mass had been moved to hydrogens
  bool repartitioned = false;    ///< heavy atoms are lighter by what their hydrogens are heavier
  std::vector<int> isotopes;     ///< atoms with the mass of 2H, 13C, 15N, 17O or 18O, ascending
  std::vector<int> unknown() const;
};

/// Recognizes elements by their own masses, natural or of a common isotope, and the number of bonds that they can have. If
/// hydrogens are heavier than natural ones, this is compared with repartitioned masses, in which a heavy atom and its
/// hydrogens together have the sum of their natural masses. The reading that leaves fewer atoms without an element is taken,
/// and of two equal ones that with masses closer to those of elements.
/// Where the molecule has the symbols of its elements, they decide, with the standard masses of these elements.
Elements find_elements(const Molecule &molecule, const BondGraph &graph);

/// Whether all of several atoms have one mass, which tells no elements.
bool masses_are_equal(const Molecule &molecule);

/// Whether this is one of the symbols that Molecule::elements may hold.
bool is_element_symbol(const std::string &symbol);

}    // namespace cgflow

#endif
