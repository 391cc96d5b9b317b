// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_LAYERS_H
#define CGFLOW_SRC_FLOW_LAYERS_H

#include "conditioner.h"
#include "flow.h"

namespace cgflow {

/// What a layer is built from. Layers see standardised coordinates: unbounded ones on the real line, circular ones in
/// [-pi, pi).
struct LayerContext {
  std::string name;    ///< begins the parameters' names
  int n_condition = 0;
  std::vector<bool> circular;    ///< of each coordinate
  int parity = 0;                ///< alternates from coupling to coupling
  const FlowConfig &config;
  ParameterSource &source;
};

/// y = m + D (1 + L) x for the unbounded coordinates: mean m, positive diagonal D and strictly lower-triangular L from a
/// network of the condition and of the circular coordinates, which pass. Exact for a Gaussian whose mean and covariance
/// depend on s. Throws ConfigError when there is no unbounded coordinate.
std::unique_ptr<FlowLayer> make_affine_layer(const LayerContext &context);

enum class Elementwise { affine, spline };
/// One-dimensional maps of single coordinates. `coupled`: every second coordinate passes and the others' maps depend on it
/// (a coupling; a single coordinate never passes); else all are mapped, given the condition alone. Circular coordinates are
/// turned by an angle, and by `spline` mapped on their circle before.
std::unique_ptr<FlowLayer> make_elementwise_layer(const LayerContext &context, Elementwise kind, bool coupled);

/// Columns of a batch by the kind of their coordinate.
Tensor columns(const std::vector<std::int64_t> &index);
/// Angles to [-pi, pi); derivative 1.
Tensor wrap_angle(const Tensor &angle);
/// What a network sees of coordinates that pass: unbounded values, cosines and sines of angles. [batch, any]
Tensor passing_features(const Tensor &x, const Tensor &unbounded, const Tensor &circular);

}    // namespace cgflow

#endif
