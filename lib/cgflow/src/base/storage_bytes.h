// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_STORAGE_BYTES_H
#define CGFLOW_SRC_STORAGE_BYTES_H

#include "base/tensor.h"

#include <set>

namespace cgflow {

/// Memory of tensors in bytes. Storage that several of them share counts once.
class StorageBytes {
 public:
  void add(const Tensor &t)
  {
    if (t.defined() && seen_.insert(t.storage().unsafeGetStorageImpl()).second)
      bytes_ += static_cast<std::int64_t>(t.storage().nbytes());
  }
  void add(const std::vector<Tensor> &all)
  {
    for (const Tensor &t : all) add(t);
  }
  std::int64_t bytes() const { return bytes_; }

 private:
  std::set<const void *> seen_;
  std::int64_t bytes_ = 0;
};

}    // namespace cgflow

#endif
