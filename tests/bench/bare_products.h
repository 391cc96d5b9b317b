// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_TESTS_BENCH_BARE_PRODUCTS_H
#define CGFLOW_TESTS_BENCH_BARE_PRODUCTS_H

#include "base/tensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cgflow::bench {

/// The matrix products of a flow's networks and nothing else, one after the other, forward, into memory reserved before: what
/// no implementation by matrix products can be faster than.
class BareProducts {
 public:
  /// [batch, in] times each weight [in, out], in order of the parameters.
  BareProducts(const NamedTensors &parameters, std::int64_t batch, at::ScalarType type)
  {
    for (const auto &p : parameters) {
      if (!p.name.ends_with(".weight")) continue;
      const auto in = p.value.size(0), out = p.value.size(1);
      products_.push_back({at::rand({batch, in}, type), at::rand({in, out}, type), at::empty({batch, out}, type)});
      flops_ += 2.0 * static_cast<double>(batch * in * out);
    }
  }
  void operator()(int times = 1)
  {
    const at::NoGradGuard no_gradient;
    for (int i = 0; i < times; ++i)
      for (auto &p : products_) at::mm_out(p.result, p.input, p.weight);
  }
  /// Floating-point operations of one pass.
  double flops() const { return flops_; }

 private:
  struct Product {
    Tensor input, weight, result;
  };
  std::vector<Product> products_;
  double flops_ = 0.0;
};

}    // namespace cgflow::bench

#endif
