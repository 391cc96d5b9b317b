// SPDX-License-Identifier: GPL-2.0-only
// Replica exchange between walkers at different temperatures.
#ifndef LMP_CGFLOW_WALKER_EXCHANGE_H
#define LMP_CGFLOW_WALKER_EXCHANGE_H

#include "lmptype.h"

#include "cgflow/communicator.h"

#include <map>
#include <vector>

namespace LAMMPS_NS::CGFlow {

/// A walker as its partner takes it over: by value, since partners may live on different ranks.
struct Replica {
  double energy;
  imageint image;
  std::vector<double> s;    // [n_cv]
};

/// The ladder of temperatures T_0 < T_1 < ... of n rungs. The walker with the ID t has the temperature of rung (t - 1) mod
/// n for ever, and walkers swap places instead: so a rung is nothing that must be carried along or restarted.
class WalkerExchange {
 public:
  /// No exchange: all walkers have one temperature.
  explicit WalkerExchange(double temperature = 1.0) : temperatures_{temperature} {}
  /// Every so many sweeps.
  WalkerExchange(bigint every, std::vector<double> temperatures) : every_(every), temperatures_(std::move(temperatures)) {}

  double temperature(tagint id) const { return temperatures_[rung(id)]; }
  bool due(bigint sweep) const { return every_ > 0 && sweep % every_ == 0; }

  /// Which of the walkers swap places in this sweep, after the Metropolis rule min(1, exp((1/kT_i - 1/kT_j)(E_i - E_j))).
  /// Pairs are neighbours on the ladder with consecutive IDs; rungs (0 1) (2 3) ... and (1 2) (3 4) ... take turns where
  /// there are more than two. `mine` are the walkers of this rank that may swap. Random numbers are keyed by first_id + ID. Collective: every rank gets all new
  /// occupants by the ID of the walker that takes them, and the number of pairs that were tried.
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
