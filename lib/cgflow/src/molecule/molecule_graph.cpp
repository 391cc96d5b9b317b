// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow/molecule_graph.h"

#include "molecule/bond_graph.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <queue>

namespace cgflow {

namespace {

/// Lengths of the shortest paths from one atom to all others (Dijkstra).
std::vector<double> paths_from(const Molecule &molecule, const BondGraph &graph, int first)
{
  using Entry = std::pair<double, int>;
  std::vector<double> path(molecule.n_atoms(), std::numeric_limits<double>::infinity());
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  open.push({0.0, first});
  path[first] = 0.0;
  while (!open.empty()) {
    const auto [length, from] = open.top();
    open.pop();
    if (length > path[from]) continue;
    for (const int to : graph.neighbours(from)) {
      const double next = length + atom_distance(molecule.configuration.data(), from, to);
      if (next >= path[to]) continue;
      path[to] = next;
      open.push({next, to});
    }
  }
  return path;
}

}    // namespace

double atom_distance(const double *x, int i, int j)
{
  return std::hypot(x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1], x[3 * i + 2] - x[3 * j + 2]);
}

AtomPair closest_atoms(const double *x, int n)
{
  AtomPair closest;
  for (int j = 1; j < n; ++j)
    for (int i = 0; i < j; ++i) {
      const double distance = atom_distance(x, i, j);
      if (closest.first < 0 || distance < closest.distance) closest = {i, j, distance};
    }
  return closest;
}

double stretched_length(const Molecule &molecule)
{
  const BondGraph graph(molecule);
  double longest = 0.0;
  for (int i = 0; i < molecule.n_atoms(); ++i)
    for (const double path : paths_from(molecule, graph, i)) longest = std::max(longest, path);
  return longest;
}

void make_whole(const Molecule &molecule, const std::function<void(double *)> &nearest, double *x)
{
  const BondGraph graph(molecule);
  std::vector<char> seen(molecule.n_atoms(), 0);
  const auto join = [&](int from, int to) {
    double delta[3];
    for (int k = 0; k < 3; ++k) delta[k] = x[3 * to + k] - x[3 * from + k];
    nearest(delta);
    for (int k = 0; k < 3; ++k) x[3 * to + k] = x[3 * from + k] + delta[k];
  };
  for (int i = 0; i < molecule.n_atoms(); ++i)
    if (!seen[i]) graph.walk(i, seen, join);
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
