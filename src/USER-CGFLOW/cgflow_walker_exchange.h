// SPDX-License-Identifier: GPL-2.0-only
// Replica exchange between walkers at different temperatures.
#ifndef LMP_CGFLOW_WALKER_EXCHANGE_H
#define LMP_CGFLOW_WALKER_EXCHANGE_H

#include "lmptype.h"

#include "cgflow/communicator.h"

#include <map>
#include <vector>

namespace LAMMPS_NS::CGFlow {

/// The state of a walker that its partner takes over; a copy, because partners may be on different ranks.
struct Replica {
  double energy;
  imageint image;
  std::vector<double> s;    // [n_cv]
};

/// The ladder of n temperatures T_0 < T_1 < .... The walker with the ID t always has the temperature of rung (t - 1) mod n, and
/// walkers swap positions instead of temperatures. So no rung has to be stored or restarted.
class WalkerExchange {
 public:
  /// No exchange: all walkers have one temperature.
  explicit WalkerExchange(double temperature = 1.0) : temperatures_{temperature} {}
  /// Exchanges after every `every` sweeps.
  WalkerExchange(bigint every, std::vector<double> temperatures) : every_(every), temperatures_(std::move(temperatures)) {}

  double temperature(tagint id) const { return temperatures_[rung(id)]; }
  bool due(bigint sweep) const { return every_ > 0 && sweep % every_ == 0; }

  /// Decides which walkers swap positions in this sweep, by the Metropolis rule min(1, exp((1/kT_i - 1/kT_j)(E_i - E_j))). The two
  /// walkers of a pair have consecutive IDs and are neighbors on the ladder; with more than two rungs the pairs (0 1) (2 3) ... and
  /// (1 2) (3 4) ... take turns. `mine`: the walkers of this rank that may swap. Random numbers are keyed by first_id + ID.
  /// Collective: every rank gets the new states, by the ID of the walker that takes each, and the number of pairs tried.
  struct Swaps {
    std::map<tagint, Replica> occupants;
    int tried = 0;
  };
  Swaps decide(const std::map<tagint, Replica> &mine, int n_cv, double boltz, int seed, bigint first_id, bigint sweep,
               cgflow::Communicator &comm) const;

 private:
  std::size_t rung(tagint id) const { return static_cast<std::size_t>(id - 1) % temperatures_.size(); }

  bigint every_ = 0;
  std::vector<double> temperatures_;
};

}    // namespace LAMMPS_NS::CGFlow

#endif
