// SPDX-License-Identifier: GPL-2.0-only
#include "cgflow_walker_exchange.h"

#include "cgflow/random.h"

#include <cmath>

namespace LAMMPS_NS::CGFlow {

namespace {

// Columns of a row; s follows.
enum { kId, kEnergy, kImage, kVariables };

std::map<tagint, Replica> gather(const std::map<tagint, Replica> &mine, int n_cv, cgflow::Communicator &comm)
{
  std::vector<double> rows;
  for (const auto &[id, replica] : mine) {
    rows.insert(rows.end(), {ubuf(id).d, replica.energy, ubuf(replica.image).d});
    rows.insert(rows.end(), replica.s.begin(), replica.s.end());
  }
  const std::vector<double> all = comm.gather(rows);
  std::map<tagint, Replica> replicas;
  for (auto row = all.begin(); row != all.end(); row += kVariables + n_cv)
    replicas[static_cast<tagint>(ubuf(row[kId]).i)] = {
        row[kEnergy], static_cast<imageint>(ubuf(row[kImage]).i), {row + kVariables, row + kVariables + n_cv}};
  return replicas;
}

}    // namespace

// The result does not depend on the ranks of the walkers: they are ordered by ID, and random numbers are keyed by ID and sweep.
WalkerExchange::Swaps WalkerExchange::decide(const std::map<tagint, Replica> &mine, int n_cv, double boltz, int seed,
                                             bigint first_id, bigint sweep, cgflow::Communicator &comm) const
{
  const std::map<tagint, Replica> all = gather(mine, n_cv, comm);
  const std::size_t n = temperatures_.size(), first_rung = n > 2 ? static_cast<std::size_t>(sweep / every_ % 2) : 0;
  Swaps swaps;
  for (const auto &[id, lower] : all) {
    const auto upper = all.find(id + 1);
    if (rung(id) % 2 != first_rung || rung(id) + 1 == n || upper == all.end()) continue;
    ++swaps.tried;
    const double gain = 1.0 / (boltz * temperature(id)) - 1.0 / (boltz * temperature(id + 1));
    cgflow::RandomStream random(seed, cgflow::Stream::exchanges, first_id + id, sweep);
    if (!(random.uniform() < std::exp(gain * (lower.energy - upper->second.energy)))) continue;
    swaps.occupants[id] = upper->second;
    swaps.occupants[id + 1] = lower;
  }
  return swaps;
}

}    // namespace LAMMPS_NS::CGFlow
