// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_LAYERS_H
#define CGFLOW_SRC_FLOW_LAYERS_H

#include "flow/conditioner.h"
#include "kernels/direction.h"

#include <memory>

namespace cgflow {

using kernels::Direction;

/// One invertible layer given a condition. The batch is the innermost dimension, as in the kernels: x and y [n_fine, batch],
/// c [n_condition, batch], features of s. Coordinates are standardized: unbounded ones on the real line (bounded ones too,
/// by their logit), circular ones in [-pi, pi).
class FlowLayer {
 public:
  virtual ~FlowLayer() = default;
  /// Values of one batch that its derivatives need.
  struct Work {
    virtual ~Work() = default;
    virtual void count(StorageBytes &) const {}
  };
  virtual std::unique_ptr<Work> make_work(std::int64_t batch) const = 0;
  /// Writes y, and adds ln |dy/dx| of the direction taken to log_det [batch].
  virtual void map(Direction direction, const Tensor &x, const Tensor &c, const Tensor &y, const Tensor &log_det,
                   Work &work) const = 0;
  /// From the derivatives of a function by y and by log_det: writes those by x to gx, and those by the parameters to their
  /// positions in `gradient` unless it is undefined. The values of map() in `work` serve both directions, because the inputs
  /// of a layer's networks pass the layer unchanged.
  virtual void pull_back(Direction direction, const Tensor &x, const Tensor &y, const Tensor &gy, const Tensor &g_log_det,
                         const Tensor &gx, const Tensor &gradient, Work &work) const = 0;
  virtual NamedTensors parameters() const { return {}; }
  virtual std::int64_t n_parameters() const { return 0; }
  /// As Conditioner::bind().
  virtual std::int64_t bind(const Tensor &, const Tensor &, std::int64_t first) { return first; }
};

/// Arguments from which a layer is built.
struct LayerContext {
  std::string name;    ///< prefix of the parameters' names
  int n_condition = 0;
  std::vector<bool> circular;    ///< of each coordinate
  int number = 0;                ///< number of this layer among the couplings, or among the shifts
  const FlowConfig &config;
  ParameterSource &source;
};

// Each of these returns null when the layer has no coordinate to act on, so that one list of layers serves all systems.

/// y = m + D (1 + L) x for the unbounded coordinates: mean m, positive diagonal D and strictly lower-triangular L from a
/// network of the condition and of the circular coordinates, which pass unchanged. Exact for a Gaussian with mean and
/// covariance that depend on s.
std::unique_ptr<FlowLayer> make_affine_layer(const LayerContext &context);

enum class Elementwise {
  spline,             ///< all coordinates, each by a spline given only the condition
  rotor,              ///< the same for circular coordinates; the others pass and are no inputs
  affine_coupling,    ///< half of the unbounded ones by scale and shift, given the other half and all circular ones
  spline_coupling     ///< half of all coordinates by splines, given the other half
};
/// One-dimensional maps of single coordinates. A coupling of a single coordinate maps it. A circular coordinate is mapped on
/// its circle, then rotated by an angle.
std::unique_ptr<FlowLayer> make_elementwise_layer(const LayerContext &context, Elementwise kind);

/// Rotates each circular coordinate by a fixed random angle, so that the ends of a spline on the circle differ from coupling
/// to coupling (paper). The angles depend only on the number of the shift, not on the model's seed, so that a model that
/// continues under another seed keeps them.
std::unique_ptr<FlowLayer> make_shift_layer(const LayerContext &context);

/// Which of n coordinates pass coupling `number` unchanged: each second one, or with `masks: random` a random half. Every
/// second coupling passes the coordinates that the one before mapped. A single coordinate does not pass. The seed does not
/// matter, as for shifts.
std::vector<bool> coupling_mask(const std::string &masks, std::int64_t n, int number);

/// The same angles in [-pi, pi).
Tensor wrap_angle(const Tensor &angle);

}    // namespace cgflow

#endif
