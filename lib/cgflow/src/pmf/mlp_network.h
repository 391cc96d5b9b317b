// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_MLP_NETWORK_H
#define CGFLOW_SRC_MLP_NETWORK_H

#include "base/tensor.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// A network of tanh layers with one output, and its derivatives, in memory that is kept from call to call. The batch is the innermost
/// dimension. Parameters are one row: of each layer the weights [in, out], then the biases [out].
class MlpNetwork {
 public:
  /// widths: inputs, hidden layers, 1.
  explicit MlpNetwork(std::vector<std::int64_t> widths);

  /// Parameters.
  std::int64_t size() const { return size_; }
  const std::vector<std::int64_t> &widths() const { return widths_; }

  /// F [n] at x [inputs, n]. parameters [size()] contiguous. Float64; holds until the next call.
  Tensor forward(const Tensor &parameters, const Tensor &x);
  /// Derivatives of sum_n slope[n] F[n] by the parameters, into `gradient` [size()] contiguous. slope [n]; after forward() of the same
  /// parameters and x.
  void pull_back(const Tensor &parameters, const Tensor &x, const Tensor &slope, const Tensor &gradient);
  /// The same by x, [inputs, n]; holds until the next call.
  Tensor pull_back_inputs(const Tensor &parameters, const Tensor &slope);

  /// Bytes of what it keeps for n points.
  std::int64_t memory(std::int64_t n) const;

 private:
  Tensor weights(const Tensor &row, std::size_t layer) const;
  Tensor biases(const Tensor &row, std::size_t layer) const;
  void reserve(std::int64_t n);
  void pull_through(const Tensor &parameters, std::size_t layer);

  std::vector<std::int64_t> widths_, first_;    // of each layer, the first of its parameters
  std::int64_t size_ = 0, n_ = -1;
  std::vector<Tensor> h_, slope_;    // [width, n] of each width behind the inputs; derivatives by all, the inputs included
};

}    // namespace cgflow

#endif
