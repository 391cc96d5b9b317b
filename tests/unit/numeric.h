// SPDX-License-Identifier: GPL-2.0-only
// Helpers of numerical tests: random tensors and finite differences.
#ifndef CGFLOW_TESTS_NUMERIC_H
#define CGFLOW_TESTS_NUMERIC_H

#include "base/tensor.h"

#include "cgflow/random.h"

#include <functional>

namespace cgflow_test {

using at::Tensor;

/// More threads would slow down tensors of this size, and tests that run at the same time.
inline const bool kOneThread = (at::set_num_threads(1), true);

inline Tensor normals(at::IntArrayRef shape, std::uint64_t number, double scale = 1.0)
{
  cgflow::RandomStream random(17, cgflow::Stream::test, number);
  Tensor t = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = scale * random.normal();
  return t;
}

inline Tensor uniforms(at::IntArrayRef shape, std::uint64_t number, double lo, double hi)
{
  cgflow::RandomStream random(18, cgflow::Stream::test, number);
  Tensor t = at::empty(shape, at::kDouble);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = lo + (hi - lo) * random.uniform();
  return t;
}

inline double largest(const Tensor &t) { return t.abs().max().item<double>(); }

/// Central differences of the scalar f by every element of x.
inline Tensor finite_difference(const std::function<double(const Tensor &)> &f, const Tensor &x, double h = 1e-5)
{
  Tensor work = x.clone(), g = at::empty_like(work);
  for (std::int64_t i = 0; i < work.numel(); ++i) {
    double &value = work.data_ptr<double>()[i];
    const double old = value;
    value = old + h;
    const double up = f(work);
    value = old - h;
    const double down = f(work);
    value = old;
    g.data_ptr<double>()[i] = (up - down) / (2.0 * h);
  }
  return g;
}

/// Gives all parameters random values, so that a flow is far from the identity.
inline void randomize(const cgflow::NamedTensors &parameters, double scale)
{
  std::uint64_t k = 100;
  for (const auto &p : parameters) p.value.copy_(normals(p.value.sizes(), k++, scale));
}

}    // namespace cgflow_test

#endif
