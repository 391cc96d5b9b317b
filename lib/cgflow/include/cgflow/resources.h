// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_RESOURCES_H
#define CGFLOW_RESOURCES_H

#include <string>

namespace cgflow {

/// Resources that learning takes on a rank, for the log. Memory is the maximum in bytes, without the program itself, the
/// walkers and the energy model. Training, labels and fits do not run at the same time.
struct Resources {
  std::string backend;           ///< where kernels run: Serial, OpenMP
  int threads = 1;               ///< of the kernels; LibTorch uses one
  double training = 0.0;         ///< the flow and a training of it
  double labels = 0.0;           ///< the flow and the drawing of labels
  double fit = 0.0;              ///< a fit of the ensemble to the first iteration's labels
  double fit_per_label = 0.0;    ///< for each further label
  /// As a line of the log.
  std::string text() const;
};

}    // namespace cgflow

#endif
