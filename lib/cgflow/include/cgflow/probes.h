// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_PROBES_H
#define CGFLOW_PROBES_H

#include <string>
#include <vector>

namespace cgflow {

class Archive;
class EnergyModel;

/// Some conformers of an atomistic system and their energies, which tell two force fields of one molecule apart.
struct Probes {
  std::vector<double> x;           ///< [n, n_atoms, 3], length units
  std::vector<double> energies;    ///< [n], energy units; empty: unknown

  bool empty() const { return energies.empty(); }
  bool operator==(const Probes &) const = default;
};

/// The first probe at which `here` is another energy than `there`, -1 for none. Both are [n], in the energy units of kT. Another
/// instruction set, compiler or number of copies changes the last digits only: energies are the same up to 0.001 kT, the accuracy
/// of a table of the PMF, plus 1e-8 of the energy.
int first_difference(const std::vector<double> &there, const std::vector<double> &here, double kT);

/// Evaluates the probes by `energy` and throws ModelError when an energy differs, with both values. `file` is what holds the probes,
/// `script` what `energy` belongs to, and `advice` ends the text. A probe that cannot be evaluated, since it is outside of the box,
/// differs too, unless `outside` says that this may be. Does nothing without probes. Not collective.
void require_same_energies(const Probes &probes, EnergyModel &energy, double kT, const std::string &file,
                           const std::string &script, const std::string &advice, bool outside = false);

/// Write and read the items `probes.*` of an archive. Without probes there are no items, as in files of older versions.
/// get_probes() throws ModelError when they do not fit `n_atoms` or are not finite.
void put_probes(Archive &archive, const Probes &probes);
Probes get_probes(const Archive &archive, int n_atoms);

}    // namespace cgflow

#endif
