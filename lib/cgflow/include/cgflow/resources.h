// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_RESOURCES_H
#define CGFLOW_RESOURCES_H

#include <string>

namespace cgflow {

/// What learning takes of a rank, for the log. Memory in bytes, at its highest and without the program itself, the walkers and what the
/// energy model needs; training, labels and fits are not at the same time.
struct Resources {
  std::string backend;           ///< where kernels run: Serial, OpenMP
  int threads = 1;               ///< that kernels use; LibTorch uses one
  double training = 0.0;         ///< the flow and a training of it
  double labels = 0.0;           ///< the flow and the drawing of labels
  double fit = 0.0;              ///< a fit of the ensemble to the first iteration's labels
  double fit_per_label = 0.0;    ///< and for each further one
  /// In words.
  std::string text() const;
};

}    // namespace cgflow

#endif
