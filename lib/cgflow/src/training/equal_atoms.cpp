// SPDX-License-Identifier: GPL-2.0-only
#include "training/equal_atoms.h"

#include "files/tensor_archive.h"
#include "training/energy_batch.h"
#include "training/energy_guard.h"

#include "cgflow/error.h"
#include "cgflow/molecule_graph.h"

#include <cmath>

namespace cgflow {

std::int64_t require_equal_atoms(const CoordinateMap &map, EnergyModel &energy, double kT, const CoordinateMap::Start &start,
                                 Communicator &comm)
{
  const auto groups = map.equal_atoms();
  const auto n = static_cast<std::int64_t>(groups.size());
  Tensor x = map.to_cartesian(start.s.unsqueeze(1), start.fine.unsqueeze(1)).x.repeat({n + 1, 1, 1});
  for (std::int64_t g = 0; g < n; ++g) {
    const auto &atoms = groups[g];
    for (std::size_t k = 0; k < atoms.size(); ++k) x[g + 1][atoms[k]].copy_(x[0][atoms[(k + 1) % atoms.size()]]);
  }
  const auto [first, count] = comm.share(n + 1);
  EnergyGuard guarded(energy, comm);
  const auto u = comm.gather(to_vector(evaluate_energies(guarded, x.narrow(0, first, count), kT).u));
  guarded.rethrow();
  const double own = u[0];
  if (!std::isfinite(own)) {
    const auto place = to_vector(x[0]);
    const AtomPair pair = closest_atoms(place.data(), static_cast<int>(place.size() / 3));
    throw ModelError("start from a structure: the energy of the molecule's configuration is not finite; its closest atoms " +
                     std::to_string(pair.first + 1) + " and " + std::to_string(pair.second + 1) + " are " +
                     std::to_string(pair.distance) + " apart");
  }
  for (std::int64_t g = 0; g < n; ++g) {
    const double exchanged = u[g + 1];
    if (std::fabs(exchanged - own) <= 1e-6 * (1.0 + std::fabs(own))) continue;
    std::string atoms;
    for (const int a : groups[g]) atoms += (atoms.empty() ? "" : ", ") + std::to_string(a + 1);
    throw ModelError("coordinates: the atoms " + atoms +
                     " are taken as equal because of their masses and bonds, but exchanging them changes the energy by " +
                     std::to_string(exchanged - own) + " kT; expected equal atoms, or coordinates: {symmetry: no}");
  }
  return n + 1;
}

}    // namespace cgflow
