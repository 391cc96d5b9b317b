// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_MLP_NETWORK_H
#define CGFLOW_SRC_MLP_NETWORK_H

#include "base/tensor.h"

#include <cstdint>
#include <vector>

namespace cgflow {

/// A network of tanh layers with one output, and its derivatives. Its workspace is kept from call to call. The batch is the
/// innermost dimension. The parameters are one row with the weights [in, out] and biases [out] of one layer after the other.
class MlpNetwork {
 public:
  /// The widths of the inputs, the hidden layers and the output, which is 1.
  explicit MlpNetwork(std::vector<std::int64_t> widths);

  /// Number of parameters.
  std::int64_t size() const { return size_; }
  const std::vector<std::int64_t> &widths() const { return widths_; }

  /// F [n] at x [inputs, n], for contiguous parameters [size()]. All float64. The result is valid until the next call.
  Tensor forward(const Tensor &parameters, const Tensor &x);
  /// Writes the derivatives of sum_n slope[n] F[n] by the parameters to the contiguous `gradient` [size()]. Must follow
  /// forward() with the same parameters and x.
  void pull_back(const Tensor &parameters, const Tensor &x, const Tensor &slope, const Tensor &gradient);
  /// The derivatives by x, [inputs, n], valid until the next call. Must follow forward() in the same way.
  Tensor pull_back_inputs(const Tensor &parameters, const Tensor &slope);

  /// Bytes of the workspace for n points.
  std::int64_t memory(std::int64_t n) const;

 private:
  Tensor weights(const Tensor &row, std::size_t layer) const;
  Tensor biases(const Tensor &row, std::size_t layer) const;
  void reserve(std::int64_t n);
  void pull_through(const Tensor &parameters, std::size_t layer);

  std::vector<std::int64_t> widths_, first_;    // first_: the first parameter of each layer
  std::int64_t size_ = 0, n_ = -1;
  std::vector<Tensor> h_,
      slope_;    // [width, n]: outputs of each layer (none for the inputs), and derivatives by them and the inputs
};

}    // namespace cgflow

#endif
