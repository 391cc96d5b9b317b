// SPDX-License-Identifier: GPL-2.0-only
#include "molecule/stereo.h"

#include "molecule/chemistry.h"
#include "molecule/geometry.h"

#include "cgflow/error.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace cgflow {

namespace {

/// A color per atom (Weisfeiler-Lehman): atoms of equal color have equal surroundings at every distance.
std::vector<int> color_atoms(const Chemistry &chemistry)
{
  using Key = std::pair<std::int64_t, std::vector<int>>;
  const int n = chemistry.n_atoms();
  std::vector<int> color(n, 0);
  std::size_t count = 1;
  for (bool first = true;; first = false) {
    std::vector<Key> keys(n);
    for (int i = 0; i < n; ++i) {
      // Atoms of one element have equal masses in one file. Rounding to a hundredth keeps isotopes apart.
      keys[i].first = first ? std::llround(100.0 * chemistry.mass(i)) : color[i];
      for (const int j : chemistry.neighbours(i)) keys[i].second.push_back(color[j]);
      std::sort(keys[i].second.begin(), keys[i].second.end());
    }
    std::map<Key, int> number;
    for (const Key &key : keys) number.emplace(key, 0);
    int next = 0;
    for (auto &entry : number) entry.second = next++;
    for (int i = 0; i < n; ++i) color[i] = number[keys[i]];
    if (!first && number.size() == count) return color;
    count = number.size();
  }
}

/// H, C of CO, side chain, N when these are the neighbours of an amino acid's alpha carbon.
std::optional<std::array<int, 4>> corn_order(const Chemistry &chemistry, int atom)
{
  std::array<int, 4> order{-1, -1, -1, -1};
  if (!chemistry.is_carbon(atom)) return std::nullopt;
  for (const int j : chemistry.neighbours(atom)) {
    int place = 2;
    if (chemistry.is_hydrogen(j))
      place = 0;
    else if (chemistry.is_nitrogen(j))
      place = 3;
    else if (order[1] < 0 && chemistry.is_carbonyl(j))
      place = 1;
    if (order[place] >= 0) return std::nullopt;
    order[place] = j;
  }
  return order;
}

}    // namespace

int hand_of(const StereoCentre &centre, const double *x)
{
  const auto &n = centre.neighbours;
  const double volume = triple_product(x + 3 * n[0], x + 3 * n[1], x + 3 * n[2], x + 3 * n[3]);
  return volume > 0.0 ? 1 : volume < 0.0 ? -1 : 0;
}

std::vector<StereoCentre> find_stereo_centres(const Molecule &molecule)
{
  const Chemistry chemistry(molecule);
  const std::vector<int> color = color_atoms(chemistry);
  std::vector<StereoCentre> centres;
  for (int i = 0; i < molecule.n_atoms(); ++i) {
    const auto &neighbours = chemistry.neighbours(i);
    std::set<int> colors;
    for (const int j : neighbours) colors.insert(color[j]);
    if (neighbours.size() != 4 || colors.size() != 4) continue;
    StereoCentre centre;
    centre.atom = i;
    std::copy(neighbours.begin(), neighbours.end(), centre.neighbours.begin());
    if (const auto corn = corn_order(chemistry, i)) {
      centre.alpha = true;
      centre.neighbours = *corn;
    }
    centre.hand = hand_of(centre, molecule.configuration.data());
    if (centre.hand == 0)
      throw ConfigError("molecule: its structure is flat at the stereo centre, atom " + std::to_string(i + 1) +
                        "; expected a structure that shows its handedness");
    centres.push_back(centre);
  }
  return centres;
}

std::vector<std::array<int, 4>> find_peptide_bonds(const Molecule &molecule)
{
  const Chemistry chemistry(molecule);
  // The heavy neighbor of an atom other than `partner`, preferably one beside a carbonyl carbon; -1 when there is none.
  const auto heavy = [&](int atom, int partner) {
    int found = -1;
    for (const int j : chemistry.neighbours(atom)) {
      if (j == partner || chemistry.is_hydrogen(j) || chemistry.is_terminal_oxygen(j)) continue;
      const auto &next = chemistry.neighbours(j);
      const bool alpha = std::any_of(next.begin(), next.end(),
                                     [&](int k) { return k != partner && k != atom && chemistry.is_carbonyl(k); });
      if (alpha) return j;
      if (found < 0) found = j;
    }
    return found;
  };
  std::vector<std::array<int, 4>> bonds;
  for (int c = 0; c < molecule.n_atoms(); ++c) {
    if (!chemistry.is_carbonyl(c)) continue;
    for (const int n : chemistry.neighbours(c)) {
      if (!chemistry.is_nitrogen(n) || chemistry.neighbours(n).size() != 3) continue;
      const int before = heavy(c, n), after = heavy(n, c);
      if (before >= 0 && after >= 0) bonds.push_back({before, c, n, after});
    }
  }
  return bonds;
}

}    // namespace cgflow
