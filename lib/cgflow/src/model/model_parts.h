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

}    // namespace cgflow

#endif
