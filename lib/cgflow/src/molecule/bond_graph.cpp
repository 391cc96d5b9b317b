// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/bond_graph.h"

#include "cgflow/error.h"

#include <algorithm>
#include <queue>
#include <string>

namespace cgflow {

BondGraph::BondGraph(const Molecule &molecule) : neighbours_(molecule.mass.size())
{
  const int n = molecule.n_atoms();
  for (const auto &[a, b] : molecule.bonds) {
    if (a < 0 || b < 0 || a >= n || b >= n || a == b)
      throw ConfigError("molecule: got a bond between atoms " + std::to_string(a + 1) + " and " + std::to_string(b + 1) +
                        ", expected two different ones of 1 to " + std::to_string(n));
    neighbours_[a].push_back(b);
    neighbours_[b].push_back(a);
  }
  for (auto &list : neighbours_) std::sort(list.begin(), list.end());
}

bool BondGraph::bonded(int a, int b) const { return std::binary_search(neighbours_[a].begin(), neighbours_[a].end(), b); }

std::vector<bool> BondGraph::reached(int start, int without) const
{
  std::vector<bool> seen(n_atoms(), false);
  std::vector<int> open{start};
  seen[start] = true;
  while (!open.empty()) {
    const int at = open.back();
    open.pop_back();
    for (const int next : neighbours_[at]) {
      if (seen[next] || (at == start && next == without)) continue;
      seen[next] = true;
      open.push_back(next);
    }
  }
  return seen;
}

bool BondGraph::in_ring(int a, int b) const { return reached(a, b)[b]; }

int BondGraph::branch_size(int from, int to) const
{
  const auto seen = reached(to, from);
  return static_cast<int>(std::count(seen.begin(), seen.end(), true)) - (seen[from] ? 1 : 0);
}

void BondGraph::walk(int first, std::vector<char> &seen, const std::function<void(int from, int to)> &visit) const
{
  std::queue<int> open;
  open.push(first);
  seen[first] = 1;
  while (!open.empty()) {
    const int from = open.front();
    open.pop();
    for (const int to : neighbours_[from]) {
      if (seen[to]) continue;
      seen[to] = 1;
      visit(from, to);
      open.push(to);
    }
  }
}

void BondGraph::require_connected() const
{
  if (n_atoms() == 0) return;
  std::vector<char> seen(n_atoms(), 0);
  walk(0, seen, [](int, int) {});
  const auto other = std::find(seen.begin(), seen.end(), 0);
  if (other == seen.end()) return;
  if (std::all_of(neighbours_.begin(), neighbours_.end(), [](const auto &of) { return of.empty(); }))
    throw ConfigError(
        "molecule: its " + std::to_string(n_atoms()) +
        " atoms have no bonds, which define its coordinates; a force field without bonds (ReaxFF, machine-learned "
        "potentials) needs them in the data file too, with bond_style zero and special_bonds lj/coul 1 1 1");
  throw ConfigError("molecule: its bonds do not join all atoms: no way leads from atom 1 to atom " +
                    std::to_string(other - seen.begin() + 1) +
                    "; expected one molecule whose atoms are all bonded together");
}

}    // namespace cgflow
