// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_ONE_THREAD_H
#define CGFLOW_SRC_ONE_THREAD_H

#include "kernels/runtime.h"

#include <ATen/Parallel.h>

namespace cgflow {

/// Limits LibTorch to one thread in a scope and restores the host program's number afterwards. The parallel mode is one rank
/// per core, and the matrices here are too small to be divided. With LibTorch's default number of threads, learning
/// Mueller-Brown beside one other busy process takes ten times as long.
class OneThread {
 public:
  OneThread()
  {
    // LibTorch's number is OpenMP's, which also limits the threads of kernels. They must read it before it is changed.
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
