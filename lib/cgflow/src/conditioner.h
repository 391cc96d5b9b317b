// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_CONDITIONER_H
#define CGFLOW_SRC_CONDITIONER_H

#include "flow.h"

namespace cgflow {

/// Hands out start values of parameters in a fixed order: tensor number k comes from RandomStream(seed, flow_init, k).
class ParameterSource {
 public:
  explicit ParameterSource(std::uint64_t seed) : seed_(seed) {}
  /// A leaf with values uniform in [-bound, bound].
  Tensor uniform(at::IntArrayRef shape, double bound);
  /// A leaf of zeros; it takes a number too, so that a change of its start leaves the others as they are.
  Tensor zeros(at::IntArrayRef shape);

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

/// Small dense network with SiLU between its layers that turns a layer's inputs into the parameters of its map. The last
/// layer starts at zero: every map starts as the identity.
class Conditioner {
 public:
  /// `name` begins the parameters' names.
  Conditioner(const std::string &name, int n_inputs, const std::vector<int> &hidden, int n_outputs, ParameterSource &source);
  /// input [batch, n_inputs] -> [batch, n_outputs]
  Tensor operator()(const Tensor &input, Parameters mode) const;
  const NamedTensors &parameters() const { return parameters_; }

 private:
  NamedTensors parameters_;    // weight [in, out] and bias [out] of each layer
};

}    // namespace cgflow

#endif
