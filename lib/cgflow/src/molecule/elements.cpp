// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/elements.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

namespace cgflow {
namespace {

// Limits of masses in g/mol.
// Files round masses, at worst to integers. The elements that are distinguished here differ by two or more.
constexpr double kSameElement = 0.3;
// Isotopes are close to united atoms: CH has 13.019 and CH3 15.035, 13C has 13.003 and 15N 15.000.
constexpr double kSameIsotope = 0.01;
// Simulations make hydrogen up to four times heavier to allow longer time steps.
constexpr double kLightestHydrogen = 0.5, kHeaviestHydrogen = 4.5;
// A hydrogen above this is an isotope, or has a part of its neighbor's mass.
constexpr double kHeaviestNatural = 1.2;
// Heavier atoms than fluorine are not told apart.
constexpr double kHeaviestLight = 20.0;
// By how much the reading of other atoms of the same mass must be better than an atom's own, g/mol.
constexpr double kBetter = 0.01;

constexpr double kHydrogen = 1.008;

/// Atoms with so many bonds may be of this element. One without bonds may be of any.
struct Standard {
  Element element;
  double mass, tolerance;
  std::size_t fewest, most;
};

// Standard atomic weights, then isotopes. A carbon atom with a single bond would be a mass that was made up: it is what an
// oxygen atom looks like if all heavy atoms have the mass 12.
constexpr Standard kStandards[] = {
    {Element::carbon, 12.011, kSameElement, 2, 4},   {Element::nitrogen, 14.007, kSameElement, 1, 4},
    {Element::oxygen, 15.999, kSameElement, 1, 3},   {Element::other, 18.998, kSameElement, 1, 1},    // F
    {Element::other, 6.94, kSameElement, 1, 1},                                                       // Li
    {Element::other, 9.012, kSameElement, 1, 2},                                                      // Be
    {Element::other, 10.81, kSameElement, 1, 4},                                                      // B
    {Element::carbon, 13.00335, kSameIsotope, 2, 4}, {Element::nitrogen, 15.0001, kSameIsotope, 1, 4},
    {Element::oxygen, 16.9991, kSameIsotope, 1, 3},  {Element::oxygen, 17.9992, kSameIsotope, 1, 3},
};

struct Reading {
  Element element = Element::unknown;
  double deviation = 0.0;
  bool isotope = false;
};

Reading read_mass(double mass, std::size_t bonds)
{
  if (mass > kHeaviestLight) return {Element::other};
  if (mass > kLightestHydrogen && mass < kHeaviestHydrogen && bonds < 2)
    return {Element::hydrogen, 0.0, std::fabs(mass - 2.0141) < kSameIsotope};
  for (const Standard &s : kStandards) {
    const double deviation = std::fabs(mass - s.mass);
    if (deviation < s.tolerance && (bonds == 0 || (bonds >= s.fewest && bonds <= s.most)))
      return {s.element, deviation, s.tolerance == kSameIsotope};
  }
  return {};
}

class Finder {
 public:
  Finder(const Molecule &molecule, const BondGraph &graph)
      : graph_(graph), n_(molecule.n_atoms()), mass_(molecule.mass), whole_(molecule.mass)
  {
    for (int i = 0; i < n_; ++i) own_.push_back(read_mass(mass_[i], bonds(i)));
  }

  Elements run()
  {
    const bool repartitioned = add_hydrogens() && sums_are_better();
    const std::vector<Reading> &read = repartitioned ? summed_ : own_;
    Elements found;
    found.repartitioned = repartitioned;
    found.mass = repartitioned ? whole_ : mass_;
    for (int i = 0; i < n_; ++i) {
      found.of.push_back(read[i].element);
      if (read[i].isotope) found.isotopes.push_back(i);
    }
    return found;
  }

 private:
  std::size_t bonds(int i) const { return graph_.neighbours(i).size(); }
  // Of a molecule of two light atoms each is an end, and neither is the other's heavy atom.
  bool is_end(int i) const { return bonds(i) == 1 && own_[i].element == Element::hydrogen; }

  // Gives heavy atoms back what their hydrogens have; false when no hydrogen has anything to give.
  bool add_hydrogens()
  {
    bool any = false;
    for (int i = 0; i < n_; ++i) {
      if (!is_end(i) || mass_[i] < kHeaviestNatural) continue;
      const int heavy = graph_.neighbours(i).front();
      if (is_end(heavy)) continue;
      whole_[heavy] += mass_[i] - kHydrogen;
      whole_[i] = kHydrogen;
      any = true;
    }
    if (!any) return false;
    for (int i = 0; i < n_; ++i) {
      summed_.push_back(read_mass(whole_[i], bonds(i)));
      // A heavy atom with one deuterium looks like a repartitioned isotope.
      if (summed_[i].isotope && whole_[i] != mass_[i]) summed_[i].deviation += kSameElement;
    }
    compare_with_equal_masses();
    return true;
  }

  // Where all atoms of a type have one mass, it is that of the atom with which the masses were made: an alpha carbon has that
  // of a methyl group, and the nitrogen of proline that of one with a hydrogen. So the best reading of an equal mass is taken
  // by atoms whose own reading fails or is worse: those without a hydrogen, and nitrogens with four bonds, which may be
  // carbons with the wrong number of hydrogens.
  void compare_with_equal_masses()
  {
    const std::vector<Reading> read = summed_;
    const std::vector<double> whole = whole_;
    for (int i = 0; i < n_; ++i) {
      const Element own = read[i].element;
      const bool doubtful = own == Element::unknown || whole[i] == mass_[i] || (own == Element::nitrogen && bonds(i) == 4);
      if (!doubtful || own == Element::hydrogen || mass_[i] > kHeaviestLight) continue;
      int best = i;
      for (int k = 0; k < n_; ++k) {
        const bool usable = whole[k] != mass_[k] && read[k].element != Element::unknown &&
                            read[k].element != Element::hydrogen && mass_[k] == mass_[i];
        if (!usable || read_mass(whole[k], bonds(i)).element != read[k].element) continue;
        if (read[best].element == Element::unknown || read[k].deviation + (best == i ? kBetter : 0.0) < read[best].deviation)
          best = k;
      }
      if (best == i) continue;
      summed_[i] = read[best];
      whole_[i] = whole[best];
    }
  }

  bool sums_are_better() const
  {
    int unknown_own = 0, unknown_summed = 0;
    double deviation_own = 0.0, deviation_summed = 0.0;
    for (int i = 0; i < n_; ++i) {
      unknown_own += own_[i].element == Element::unknown;
      unknown_summed += summed_[i].element == Element::unknown;
      deviation_own += own_[i].deviation;
      deviation_summed += summed_[i].deviation;
    }
    return unknown_summed != unknown_own ? unknown_summed < unknown_own : deviation_summed < deviation_own;
  }

  const BondGraph &graph_;
  const int n_;
  const std::vector<double> &mass_;
  std::vector<double> whole_;    // masses of heavy atoms with what their hydrogens have from them
  std::vector<Reading> own_, summed_;
};

struct Symbol {
  const char *name;
  Element element;
  double mass;
};

// Those of coordinates.elements in the keyword table.
constexpr Symbol kSymbols[] = {
    {"H", Element::hydrogen, kHydrogen}, {"Li", Element::other, 6.94},     {"B", Element::other, 10.81},
    {"C", Element::carbon, 12.011},      {"N", Element::nitrogen, 14.007}, {"O", Element::oxygen, 15.999},
    {"F", Element::other, 18.998},       {"Na", Element::other, 22.990},   {"Mg", Element::other, 24.305},
    {"Si", Element::other, 28.085},      {"P", Element::other, 30.974},    {"S", Element::other, 32.06},
    {"Cl", Element::other, 35.45},       {"K", Element::other, 39.098},    {"Ca", Element::other, 40.078},
    {"Fe", Element::other, 55.845},      {"Zn", Element::other, 65.38},    {"Se", Element::other, 78.971},
    {"Br", Element::other, 79.904},      {"I", Element::other, 126.904},
};

Elements given_elements(const Molecule &molecule)
{
  Elements given;
  given.mass = molecule.mass;
  given.of.assign(molecule.mass.size(), Element::unknown);
  for (std::size_t i = 0; i < given.of.size() && i < molecule.elements.size(); ++i)
    for (const Symbol &symbol : kSymbols)
      if (molecule.elements[i] == symbol.name) {
        given.of[i] = symbol.element;
        given.mass[i] = symbol.mass;
      }
  return given;
}

}    // namespace

std::vector<int> Elements::unknown() const
{
  std::vector<int> atoms;
  for (std::size_t i = 0; i < of.size(); ++i)
    if (of[i] == Element::unknown) atoms.push_back(static_cast<int>(i));
  return atoms;
}

Elements find_elements(const Molecule &molecule, const BondGraph &graph)
{
  return molecule.elements.empty() ? Finder(molecule, graph).run() : given_elements(molecule);
}

bool masses_are_equal(const Molecule &molecule)
{
  const auto &mass = molecule.mass;
  return mass.size() > 1 && std::adjacent_find(mass.begin(), mass.end(), std::not_equal_to<>()) == mass.end();
}

bool masses_tell_elements(const Molecule &molecule)
{
  return !masses_are_equal(molecule) && Finder(molecule, BondGraph(molecule)).run().unknown().empty();
}

bool is_element_symbol(const std::string &symbol)
{
  return std::any_of(std::begin(kSymbols), std::end(kSymbols), [&](const Symbol &known) { return symbol == known.name; });
}

}    // namespace cgflow
