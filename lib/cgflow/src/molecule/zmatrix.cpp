// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/zmatrix.h"

#include "cgflow/error.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace cgflow {
namespace {

using Part = ZMatrix::Part;

// The atoms of a CG variable, numbered from 0, and the column of a z-matrix for it.
struct Wanted {
  std::vector<int> atoms;
  Part part;
};

Wanted wanted(const CgVariableConfig &entry)
{
  const auto from_zero = [](std::vector<int> atoms) {
    for (int &a : atoms) --a;
    return atoms;
  };
  if (!entry.dihedral.empty()) return {from_zero(entry.dihedral), Part::dihedral};
  if (!entry.angle.empty()) return {from_zero(entry.angle), Part::angle};
  return {from_zero(entry.bond), Part::bond};
}

std::string atoms_text(const std::vector<int> &atoms)
{
  std::string text;
  for (const int a : atoms) text += (text.empty() ? "" : "-") + std::to_string(a + 1);
  return text;
}

std::vector<Wanted> check_variables(const std::vector<CgVariableConfig> &cg, const BondGraph &graph)
{
  std::vector<Wanted> all;
  for (const auto &entry : cg) {
    const Wanted w = wanted(entry);
    const std::string where = "cg '" + entry.name + "': ";
    for (std::size_t i = 0; i + 1 < w.atoms.size(); ++i)
      if (!graph.bonded(w.atoms[i], w.atoms[i + 1]))
        throw ConfigError(where + "got atoms " + atoms_text(w.atoms) + ", but " + std::to_string(w.atoms[i] + 1) + " and " +
                          std::to_string(w.atoms[i + 1] + 1) + " are not bonded; expected atoms that are bonded in a row");
    if (w.part == Part::dihedral && graph.in_ring(w.atoms[1], w.atoms[2]))
      throw ConfigError(where + "got a dihedral about the bond " + atoms_text({w.atoms[1], w.atoms[2]}) +
                        ", which is part of a ring; expected a bond about which the molecule can turn");
    all.push_back(w);
  }
  return all;
}

// The first and last atom (reference, primary) of the CG dihedral about the bond axis-center, in this direction.
std::optional<std::pair<int, int>> cg_torsion(const std::vector<Wanted> &cg, int axis, int center)
{
  for (const auto &w : cg) {
    if (w.part != Part::dihedral) continue;
    const auto &a = w.atoms;
    if (a[1] == axis && a[2] == center) return std::pair{a[0], a[3]};
    if (a[2] == axis && a[1] == center) return std::pair{a[3], a[0]};
  }
  return std::nullopt;
}

// Grows a tree from the triple first-second-third.
class Tree {
 public:
  Tree(const BondGraph &graph, const Molecule &molecule, const std::vector<Wanted> &cg)
      : graph_(graph), molecule_(molecule), cg_(cg), placed_(graph.n_atoms(), false)
  {
  }

  std::vector<ZRow> grow(int first, int second, int third)
  {
    add({first, -1, -1, -1});
    add({second, first, -1, -1});
    add({third, second, first, -1});
    expand(second, first, third, true);
    expand(first, second, third, false);
    expand(third, second, first, false);
    // Breadth first: siblings are placed before their own branches. Every row is expanded once; those of the root are done.
    for (std::size_t i = 3; i < rows_.size(); ++i) expand(rows_[i].atom, rows_[i].bond, rows_[i].angle, false);
    return rows_;
  }

 private:
  void add(const ZRow &row)
  {
    rows_.push_back(row);
    placed_[row.atom] = true;
  }

  // Places the atoms bonded to `center`, which is bonded to `axis`. `reference` is placed already. It is bonded to
  // `axis`, or, when `sibling` is set, to `center`, and then all the others refer to it.
  void expand(int center, int axis, int reference, bool sibling)
  {
    std::vector<int> children;
    for (const int n : graph_.neighbours(center))
      if (!placed_[n]) children.push_back(n);
    if (children.empty()) return;
    int primary = reference;
    if (!sibling) {
      primary = choose_primary(center, children);
      if (const auto torsion = cg_torsion(cg_, axis, center)) {
        const bool usable =
            placed_[torsion->first] && std::find(children.begin(), children.end(), torsion->second) != children.end();
        if (usable) {
          reference = torsion->first;
          primary = torsion->second;
        }
      }
      add({primary, center, axis, reference});
    }
    for (const int child : children)
      if (!placed_[child]) add({child, center, axis, primary});
  }

  // The atom with the largest branch; of equal ones the heaviest, then the one with the lowest ID.
  int choose_primary(int center, const std::vector<int> &children) const
  {
    return *std::max_element(children.begin(), children.end(), [&](int a, int b) {
      const int size_a = graph_.branch_size(center, a), size_b = graph_.branch_size(center, b);
      if (size_a != size_b) return size_a < size_b;
      if (molecule_.mass[a] != molecule_.mass[b]) return molecule_.mass[a] < molecule_.mass[b];
      return a > b;
    });
  }

  const BondGraph &graph_;
  const Molecule &molecule_;
  const std::vector<Wanted> &cg_;
  std::vector<bool> placed_;
  std::vector<ZRow> rows_;
};

// The place of a CG variable in the rows, if it has one.
std::optional<ZMatrix::Place> find_place(const std::vector<ZRow> &rows, const Wanted &w)
{
  const std::vector<int> back(w.atoms.rbegin(), w.atoms.rend());
  for (int i = 0; i < static_cast<int>(rows.size()); ++i) {
    const ZRow &r = rows[i];
    std::vector<int> mine{r.atom, r.bond};
    if (w.part != Part::bond) mine.push_back(r.angle);
    if (w.part == Part::dihedral) mine.push_back(r.dihedral);
    if (mine == w.atoms || mine == back) return ZMatrix::Place{i, w.part};
  }
  return std::nullopt;
}

// The number of CG variables that have a place in the rows; `places` gets these places in order.
std::size_t find_places(const std::vector<ZRow> &rows, const std::vector<Wanted> &cg, std::vector<ZMatrix::Place> &places)
{
  places.clear();
  for (const auto &w : cg)
    if (const auto place = find_place(rows, w)) places.push_back(*place);
  return places.size();
}

}    // namespace

ZMatrix build_zmatrix(const Molecule &molecule, const std::vector<CgVariableConfig> &cg)
{
  const BondGraph graph(molecule);
  const std::vector<Wanted> variables = check_variables(cg, graph);
  ZMatrix z;
  // Roots near the first CG variable come first, so that the atoms behind it move with it as a rigid body.
  std::vector<std::array<int, 3>> roots;
  if (!variables.empty() && variables[0].atoms.size() >= 3) {
    const auto &a = variables[0].atoms;
    roots.push_back({a[0], a[1], a[2]});
  }
  for (int b = 0; b < graph.n_atoms(); ++b)
    for (const int a : graph.neighbours(b))
      for (const int c : graph.neighbours(b))
        if (a != c) roots.push_back({a, b, c});
  for (const auto &[a, b, c] : roots) {
    z.rows = Tree(graph, molecule, variables).grow(a, b, c);
    if (find_places(z.rows, variables, z.cg) == variables.size()) return z;
  }
  std::string names;
  for (const auto &entry : cg) names += (names.empty() ? "'" : ", '") + entry.name + "'";
  throw ConfigError("cg: " + names +
                    " cannot be internal coordinates of one z-matrix side by side; expected at most one "
                    "dihedral about each bond and angles that are not fixed by others");
}

ZMatrix read_zmatrix(const std::vector<std::string> &texts, const Molecule &molecule,
                     const std::vector<CgVariableConfig> &cg)
{
  const BondGraph graph(molecule);
  const std::vector<Wanted> variables = check_variables(cg, graph);
  const int n = molecule.n_atoms();
  const auto refuse = [](std::size_t row, const std::string &got, const std::string &expected) {
    throw ConfigError("coordinates: zmatrix: row " + std::to_string(row + 1) + ": got " + got + ", expected " + expected);
  };
  if (static_cast<int>(texts.size()) != n)
    throw ConfigError("coordinates: zmatrix: got " + std::to_string(texts.size()) + " rows, expected one for each of the " +
                      std::to_string(n) + " atoms");
  ZMatrix z;
  std::vector<bool> placed(n, false);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::istringstream words(texts[i]);
    std::vector<int> atoms;
    for (std::string word; words >> word;) {
      if (word.find_first_not_of("0123456789") != std::string::npos || word.size() > 9)
        refuse(i, "'" + word + "'", "atom IDs");
      atoms.push_back(std::stoi(word) - 1);
    }
    const std::size_t needed = std::min<std::size_t>(i + 1, 4);
    if (atoms.size() != needed)
      refuse(i, "'" + texts[i] + "'", std::to_string(needed) + " atom IDs: the atom and those it refers to");
    for (std::size_t k = 0; k < atoms.size(); ++k) {
      if (atoms[k] < 0 || atoms[k] >= n)
        refuse(i, "atom " + std::to_string(atoms[k] + 1), "atoms 1 to " + std::to_string(n));
      if (k == 0 && placed[atoms[0]]) refuse(i, "atom " + std::to_string(atoms[0] + 1) + " again", "each atom once");
      if (k > 0 && !placed[atoms[k]])
        refuse(i, "a reference to atom " + std::to_string(atoms[k] + 1), "references to atoms of rows above");
      if (std::count(atoms.begin(), atoms.end(), atoms[k]) != 1)
        refuse(i, "atom " + std::to_string(atoms[k] + 1) + " twice", "different atoms");
    }
    atoms.resize(4, -1);
    z.rows.push_back({atoms[0], atoms[1], atoms[2], atoms[3]});
    placed[atoms[0]] = true;
  }
  for (std::size_t k = 0; k < variables.size(); ++k) {
    const auto place = find_place(z.rows, variables[k]);
    if (!place)
      throw ConfigError("coordinates: zmatrix: the CG variable '" + cg[k].name + "' (atoms " +
                        atoms_text(variables[k].atoms) + ") is in no row, expected it as a coordinate of its own");
    z.cg.push_back(*place);
  }
  return z;
}

}    // namespace cgflow
