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

/// Small network with SiLU between its layers that turns a layer's inputs into the parameters of its map: plain dense layers,
/// or residual blocks of two dense layers each. The last layer starts at zero: every map starts as the identity.
/// `flow.precision: float32` computes it in float32; parameters, inputs and outputs are float64 all the same, so that the
/// optimiser adds up small steps without loss and files do not depend on it.
class Conditioner {
 public:
  /// `name` begins the parameters' names; of the configuration it uses network, hidden and precision.
  Conditioner(const std::string &name, int n_inputs, const FlowConfig &config, int n_outputs, ParameterSource &source);
  /// input [batch, n_inputs] -> [batch, n_outputs]
  Tensor operator()(const Tensor &input, Parameters mode) const;
  const NamedTensors &parameters() const { return parameters_; }

 private:
  void add_layer(const std::string &name, Tensor weight, Tensor bias);
  /// Layer number `index` of h: h W + b, the product times `factor`.
  Tensor dense(std::size_t index, const Tensor &h, Parameters mode, double factor = 1.0) const;

  at::ScalarType type_;
  bool residual_;
  NamedTensors parameters_;    // weight [in, out] and bias [out] of each layer
};

}    // namespace cgflow

#endif
