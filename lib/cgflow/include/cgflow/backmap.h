// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_BACKMAP_H
#define CGFLOW_BACKMAP_H

#include "cgflow/communicator.h"
#include "cgflow/energy_model.h"
#include "cgflow/model.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// All-atom structures drawn for CG points, with their weights (doc/Howto_cgflow_theory.rst, "Labels").
struct Structures {
  std::vector<std::int64_t> point;    ///< [frames], row of the CG point each was drawn for, from 0
  std::vector<double> s;              ///< [frames, n_cv]
  std::vector<double> x;              ///< [frames, n_atoms, 3]
  std::vector<double> energy;         ///< [frames], energy units; empty without energies
  std::vector<double> ln_w;           ///< [frames], -infinity when rejected; empty without energies
  std::vector<double> ln_W;           ///< [frames], weight in the full ensemble; NaN where s came from given points
  /// ESS as a fraction of the number of structures. Given points: the median of ESS / n over the points. Drawn points:
  /// that of W.
  double ess_share = 0.0;
};

/// Draws n structures for each of the CG points [count, n_cv] from the flow. Frame i uses RandomStream(seed,
/// Stream::backmap, i). With `energy` the structures get weights; the caller counts the evaluations. Collective. Throws
/// ShapeError without points or for n < 1, EnergyError when energies fail.
Structures backmap_points(const Model &model, const std::vector<double> &points, int n, std::uint64_t seed,
                          EnergyModel *energy, Communicator &comm);

/// Draws n CG points from exp(-F/kT) over the region where the std is at most the model's threshold, and one structure
/// for each point. For d <= 3 the points are drawn from the cells of a grid, with a constant density in each cell; for d
/// > 3 they come from Markov chains. Throws ModelError when the model has no PMF or the std is above the threshold
/// everywhere.
Structures backmap_pmf(const Model &model, int n, std::uint64_t seed, EnergyModel *energy, Communicator &comm);

}    // namespace cgflow

#endif
