// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ONE_THREAD_H
#define CGFLOW_SRC_ONE_THREAD_H

#include "kernels/runtime.h"

#include <ATen/Parallel.h>

namespace cgflow {

/// Holds LibTorch to one thread in a scope: one rank a core is the parallel mode, and the matrices here are too small to
/// share. With the threads LibTorch takes by itself, learning Mueller-Brown beside one other busy process takes ten times as
/// long. What the host program has set is restored.
class OneThread {
 public:
  OneThread()
  {
    // LibTorch's number is OpenMP's, which says how many kernels may take: they start before it is changed.
    kernels::ensure_runtime();
    before_ = at::get_num_threads();
    if (before_ != 1) at::set_num_threads(1);
  }
  ~OneThread()
  {
    if (before_ != 1) at::set_num_threads(before_);
  }
  OneThread(const OneThread &) = delete;
  OneThread &operator=(const OneThread &) = delete;

 private:
  int before_;
};

}    // namespace cgflow

#endif
