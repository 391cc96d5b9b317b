// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_BACKMAP_H
#define CGFLOW_BACKMAP_H

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/model.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// All-atom structures drawn for CG points (METHOD section 1, "Weights").
struct Structures {
  std::vector<std::int64_t> point;    ///< [frames], row of the CG point each was drawn for, from 0
  std::vector<double> s;              ///< [frames, n_cv]
  std::vector<double> x;              ///< [frames, n_atoms, 3]
  std::vector<double> energy;         ///< [frames], energy units; empty without energies
  std::vector<double> ln_w;           ///< [frames], -infinity when rejected; empty without energies
  std::vector<double> ln_W;           ///< [frames], weight in the full ensemble; NaN where s came from given points
  double ess_share = 0.0;             ///< given points: median over them of ESS / n; drawn points: ESS of W / frames
};

/// Draws n structures for each of the CG points [count, n_cv] from the flow. Frame i uses RandomStream(seed,
/// Stream::backmap, i). With `energy` the structures are weighed; the evaluations are the caller's to count. Collective.
/// Throws ShapeError without points or for n < 1, EnergyError when energies fail.
Structures backmap_points(const Model &model, const std::vector<double> &points, int n, std::uint64_t seed,
                          EnergyModel *energy, Communicator &comm);

/// Draws n CG points from exp(-F/kT) over the region whose std is up to the model's threshold, and one structure for each.
/// The density of s is constant in cells of a grid for d <= 3 and comes from Markov chains for d > 3. Throws ModelError
/// when the model has no PMF or knows no region.
Structures backmap_pmf(const Model &model, int n, std::uint64_t seed, EnergyModel *energy, Communicator &comm);

}    // namespace cgflow

#endif
