// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_MODEL_PARTS_H
#define CGFLOW_SRC_MODEL_PARTS_H

#include "coordinates/coordinates.h"
#include "flow/flow.h"
#include "pmf/ensemble.h"

#include "cgflow/model.h"

namespace cgflow {

struct Model::Parts {
  Config config;
  ModelInfo info;
  std::unique_ptr<CoordinateMap> map;
  std::unique_ptr<ConditionalFlow> flow;
  std::unique_ptr<PmfEnsemble> ensemble;
  std::vector<Label> labels;
  std::int64_t fits = 0;                  ///< fits of the ensemble so far; keys its random streams
  std::int64_t trainings = 0;             ///< trainings by energy so far
  std::vector<double> rejected_points;    ///< [n, n_cv], where all samples of a label were rejected
};

/// The points of an item, of this shape (-1: any), all within the ranges of the CG variables. Throws ModelError naming file and
/// item.
const std::vector<double> &get_points(const Archive &archive, const std::string &name, const CgSpace &space,
                                      const std::vector<std::int64_t> &shape);

}    // namespace cgflow

#endif
