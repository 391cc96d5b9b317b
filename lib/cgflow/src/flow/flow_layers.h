// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_LAYERS_H
#define CGFLOW_SRC_FLOW_LAYERS_H

#include "flow/conditioner.h"
#include "kernels/direction.h"

#include <memory>

namespace cgflow {

using kernels::Direction;

/// One invertible layer given a condition. The batch is the innermost dimension, as in the kernels: x and y [n_fine, batch], c
/// [n_condition, batch], features of s. Layers see standardised coordinates: unbounded ones on the real line (bounded ones too,
/// by their logit), circular ones in [-pi, pi). Nothing is recorded by autograd.
class FlowLayer {
 public:
  virtual ~FlowLayer() = default;
  /// What one batch leaves for its derivatives.
  struct Work {
    virtual ~Work() = default;
    virtual void count(StorageBytes &) const {}
  };
  virtual std::unique_ptr<Work> make_work(std::int64_t batch) const = 0;
  /// Writes y, and adds ln |dy/dx| of the direction taken to log_det [batch].
  virtual void map(Direction direction, const Tensor &x, const Tensor &c, const Tensor &y, const Tensor &log_det,
                   Work &work) const = 0;
  /// Derivatives of a function from those by y and log_det: by x, and by the parameters in their places of `gradient` unless that
  /// is undefined. What map() has left in `work` serves both directions, since a layer's networks see what it lets pass.
  virtual void pull_back(Direction direction, const Tensor &x, const Tensor &y, const Tensor &gy, const Tensor &g_log_det,
                         const Tensor &gx, const Tensor &gradient, Work &work) const = 0;
  virtual NamedTensors parameters() const { return {}; }
  virtual std::int64_t n_parameters() const { return 0; }
  /// As Conditioner::bind().
  virtual std::int64_t bind(const Tensor &, const Tensor &, std::int64_t first) { return first; }
};

/// What a layer is built from.
struct LayerContext {
  std::string name;    ///< begins the parameters' names
  int n_condition = 0;
  std::vector<bool> circular;    ///< of each coordinate
  int number = 0;                ///< of this layer among those of its kind that counts: couplings, or shifts
  const FlowConfig &config;
  ParameterSource &source;
};

// Each of these gives null where the layer has no coordinate to act on, so that one list of layers serves all systems.

/// y = m + D (1 + L) x for the unbounded coordinates: mean m, positive diagonal D and strictly lower-triangular L from a
/// network of the condition and of the circular coordinates, which pass. Exact for a Gaussian whose mean and covariance
/// depend on s.
std::unique_ptr<FlowLayer> make_affine_layer(const LayerContext &context);

enum class Elementwise {
  spline,             ///< all coordinates, each by a spline given the condition alone
  rotor,              ///< the same of circular coordinates; others pass unseen
  affine_coupling,    ///< half of the unbounded ones by scale and shift, given the other half and all circular ones
  spline_coupling     ///< half of all coordinates by splines, given the other half
};
/// One-dimensional maps of single coordinates. A coupling of a single coordinate maps it. A circular coordinate is mapped on
/// its circle, then turned by an angle.
std::unique_ptr<FlowLayer> make_elementwise_layer(const LayerContext &context, Elementwise kind);

/// Turns each circular coordinate by a fixed random angle, so that the point where a spline on the circle has its ends differs
/// from coupling to coupling (paper). The angles depend on the number of the shift alone, not on the model's seed: a model
/// that goes on under another seed keeps them.
std::unique_ptr<FlowLayer> make_shift_layer(const LayerContext &context);

/// Of n coordinates, those that pass coupling `number`: each second one, or by `masks: random` a random half. Every second
/// coupling passes what the one before mapped. A single coordinate does not pass. The seed has no part in it, as in shifts.
std::vector<bool> coupling_mask(const std::string &masks, std::int64_t n, int number);

/// Angles to [-pi, pi); derivative 1.
Tensor wrap_angle(const Tensor &angle);

}    // namespace cgflow

#endif
