// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/molecule_graph.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>

namespace cgflow {

namespace {

using Neighbours = std::vector<std::vector<int>>;

/// Calls visit(from, to) for each atom that is reached from `first` for the first time.
void walk_tree(
    const Neighbours &neighbours, int first, std::vector<char> &seen,
    const std::function<void(int, int)> &visit = [](int, int) {})
{
  std::queue<int> open;
  open.push(first);
  seen[first] = 1;
  while (!open.empty()) {
    const int from = open.front();
    open.pop();
    for (const int to : neighbours[from]) {
      if (seen[to]) continue;
      seen[to] = 1;
      visit(from, to);
      open.push(to);
    }
  }
}

/// Lengths of the shortest ways from one atom to all others (Dijkstra).
std::vector<double> ways_from(const Molecule &molecule, const Neighbours &neighbours, int first)
{
  using Entry = std::pair<double, int>;
  std::vector<double> way(molecule.n_atoms(), std::numeric_limits<double>::infinity());
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  open.push({0.0, first});
  way[first] = 0.0;
  while (!open.empty()) {
    const auto [length, from] = open.top();
    open.pop();
    if (length > way[from]) continue;
    for (const int to : neighbours[from]) {
      const double next = length + atom_distance(molecule.configuration.data(), from, to);
      if (next >= way[to]) continue;
      way[to] = next;
      open.push({next, to});
    }
  }
  return way;
}

}    // namespace

double atom_distance(const double *x, int i, int j)
{
  return std::hypot(x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1], x[3 * i + 2] - x[3 * j + 2]);
}

std::vector<std::vector<int>> bonded_atoms(const Molecule &molecule)
{
  Neighbours neighbours(molecule.n_atoms());
  for (const auto &[i, j] : molecule.bonds) {
    neighbours[i].push_back(j);
    neighbours[j].push_back(i);
  }
  for (auto &list : neighbours) std::sort(list.begin(), list.end());
  return neighbours;
}

void require_connected(const Molecule &molecule)
{
  if (molecule.n_atoms() == 0) return;
  std::vector<char> seen(molecule.n_atoms(), 0);
  walk_tree(bonded_atoms(molecule), 0, seen);
  const auto other = std::find(seen.begin(), seen.end(), 0);
  if (other != seen.end())
    throw ConfigError("molecule: its bonds do not join all atoms: no way leads from atom 1 to atom " +
                      std::to_string(other - seen.begin() + 1) +
                      "; expected one molecule whose atoms are all bonded together");
}

double stretched_length(const Molecule &molecule)
{
  const Neighbours neighbours = bonded_atoms(molecule);
  double longest = 0.0;
  for (int i = 0; i < molecule.n_atoms(); ++i)
    for (const double way : ways_from(molecule, neighbours, i)) longest = std::max(longest, way);
  return longest;
}

void make_whole(const Molecule &molecule, const std::function<void(double *)> &nearest, double *x)
{
  const Neighbours neighbours = bonded_atoms(molecule);
  std::vector<char> seen(molecule.n_atoms(), 0);
  const auto join = [&](int from, int to) {
    double delta[3];
    for (int k = 0; k < 3; ++k) delta[k] = x[3 * to + k] - x[3 * from + k];
    nearest(delta);
    for (int k = 0; k < 3; ++k) x[3 * to + k] = x[3 * from + k] + delta[k];
  };
  for (int i = 0; i < molecule.n_atoms(); ++i)
    if (!seen[i]) walk_tree(neighbours, i, seen, join);
}

void make_whole(const Molecule &molecule, const double *edge, double *x)
{
  const auto nearest = [edge](double *delta) {
    for (int k = 0; k < 3; ++k)
      if (edge[k] > 0.0) delta[k] -= edge[k] * std::round(delta[k] / edge[k]);
  };
  make_whole(molecule, nearest, x);
}

}    // namespace cgflow
