// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_EXAMPLE_TRAINING_H
#define CGFLOW_SRC_EXAMPLE_TRAINING_H

#include "flow/flow.h"

namespace cgflow {

/// The result of a training by example.
struct ExampleReport {
  double loss = 0.0;         ///< mean of -ln q(fine | s) over the training frames after training, nats
  double test_loss = 0.0;    ///< the same over the test frames; NaN without test frames
  int frames = 0;            ///< training frames
  int test_frames = 0;
};

/// Minimizes -ln q(fine | s) over frames x [n, n_atoms, 3] (Eq. 8 of the paper), after setting the flow's standardization
/// from them. Every rank calls it with the same frames and takes the same steps: frames are few, and sums over ranks would
/// cost more than they save. Throws ModelError when there are fewer than two frames, when a coordinate does not vary, or
/// when the loss is not finite at the end.
ExampleReport train_by_example(ConditionalFlow &flow, const CoordinateMap &map, std::uint64_t seed,
                               const ExampleConfig &config, const Tensor &x);

}    // namespace cgflow

#endif
