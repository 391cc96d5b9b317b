// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_gb_whole_molecule.h"

#include "domain.h"
#include "fmt/format.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace LAMMPS_NS;
using namespace LAMMPS_NS::CGFlow;

namespace {
// The longest allowed link of a chain, in units of the shortest box edge. From one half on the closest image is ambiguous.
constexpr double kLongestLink = 0.25;
}    // namespace

void WholeMolecule::reset(int members) { chains_.assign(members, {-1, -1}); }

// The shortest distance between opposite faces, over the periodic directions.
double WholeMolecule::shortest_edge() const
{
  const double *h = domain->h_inv;
  const double widths[3] = {1.0 / std::hypot(h[0], h[5], h[4]), 1.0 / std::hypot(h[1], h[3]), 1.0 / h[2]};
  double shortest = std::numeric_limits<double>::infinity();
  for (int k = 0; k < domain->dimension; ++k)
    if (domain->periodicity[k]) shortest = std::min(shortest, widths[k]);
  return shortest;
}

std::string WholeMolecule::join(tagint molecule, int first, int n, double *x, double *y, double *z)
{
  const double limit = kLongestLink * shortest_edge();
  if (n < 2 || std::isinf(limit)) return {};
  Link *chain = &chains_[first];
  double longest = 0.0;
  if (chain[0].atom >= 0 && follow(chain, n, x, y, z, longest) && longest <= limit) return {};
  find_chain(chain, n, x, y, z);
  follow(chain, n, x, y, z, longest);
  if (longest > limit)
    return fmt::format(
        "molecule {} has a gap of {:.6g} between its atoms, allowed is a quarter of the shortest periodic box edge, "
        "{:.6g}: the box is too small to say which images belong together",
        molecule, longest, limit);
  if (longer_than_box(n, x, y, z)) long_molecule_ = molecule;
  return {};
}

// Returns false when a position is not finite.
bool WholeMolecule::follow(const Link *chain, int n, double *x, double *y, double *z, double &longest) const
{
  longest = 0.0;
  for (int k = 1; k < n; ++k) {
    const int i = chain[k].atom, p = chain[k].parent;
    const double at[3] = {x[i], y[i], z[i]}, parent[3] = {x[p], y[p], z[p]};
    if (!std::isfinite(at[0] + at[1] + at[2])) return false;
    double near[3];
    domain->closest_image(parent, at, near);
    x[i] = near[0];
    y[i] = near[1];
    z[i] = near[2];
    longest = std::max(longest, std::hypot(near[0] - parent[0], near[1] - parent[1], near[2] - parent[2]));
  }
  return true;
}

// Finds the shortest tree that joins all atoms, by Prim's algorithm from the first atom.
void WholeMolecule::find_chain(Link *chain, int n, const double *x, const double *y, const double *z) const
{
  std::vector<double> distance(n, std::numeric_limits<double>::infinity());
  std::vector<int> parent(n, 0);
  std::vector<bool> joined(n, false);
  int last = 0;
  joined[0] = true;
  chain[0] = {0, 0};
  for (int k = 1; k < n; ++k) {
    const double from[3] = {x[last], y[last], z[last]};
    int next = -1;
    for (int i = 0; i < n; ++i) {
      if (joined[i]) continue;
      const double at[3] = {x[i], y[i], z[i]};
      double near[3] = {at[0], at[1], at[2]};
      if (std::isfinite(at[0] + at[1] + at[2] + from[0] + from[1] + from[2])) domain->closest_image(from, at, near);
      const double d = std::hypot(near[0] - from[0], near[1] - from[1], near[2] - from[2]);
      if (d < distance[i]) {
        distance[i] = d;
        parent[i] = last;
      }
      if (next < 0 || distance[i] < distance[next]) next = i;
    }
    joined[next] = true;
    chain[k] = {next, parent[next]};
    last = next;
  }
}

bool WholeMolecule::longer_than_box(int n, const double *x, const double *y, const double *z) const
{
  const double *axes[3] = {x, y, z};
  for (int k = 0; k < domain->dimension; ++k) {
    const auto [lo, hi] = std::minmax_element(axes[k], axes[k] + n);
    if (domain->periodicity[k] && *hi - *lo > domain->prd[k]) return true;
  }
  return false;
}

double WholeMolecule::memory_usage() const { return static_cast<double>(sizeof(Link) * chains_.capacity()); }
