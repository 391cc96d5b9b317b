// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_NETWORK_LAYER_H
#define CGFLOW_SRC_NETWORK_LAYER_H

#include "flow/flow_layers.h"
#include "kernels/affine_map.h"
#include "kernels/rq_splines.h"

namespace cgflow {

/// A layer with maps that take their parameters from one network. The rows that they map are no inputs of the network.
class NetworkLayer : public FlowLayer {
 public:
  /// Rows by the map that acts on them. Rows in none of them pass unchanged.
  struct Maps {
    std::vector<std::int64_t> affine_rows, line_rows, circle_rows;
    // The layer sets their rows and the first of their raw parameters, which follow each other in this order.
    kernels::AffineMap affine;
    kernels::RqSplines line, circle;
  };
  NetworkLayer(const LayerContext &context, Maps maps, Conditioner::Seen seen);

  std::unique_ptr<Work> make_work(std::int64_t batch) const override;
  void map(Direction direction, const Tensor &x, const Tensor &c, const Tensor &y, const Tensor &log_det,
           Work &work) const override;
  void pull_back(Direction direction, const Tensor &x, const Tensor &y, const Tensor &gy, const Tensor &g_log_det,
                 const Tensor &gx, const Tensor &gradient, Work &work) const override;
  NamedTensors parameters() const override { return network_->parameters(); }
  std::int64_t n_parameters() const override { return network_->size(); }
  std::int64_t bind(const Tensor &all, const Tensor &computed, std::int64_t first) override
  {
    return network_->bind(all, computed, first);
  }

 private:
  Maps maps_;
  std::unique_ptr<Conditioner> network_;
};

}    // namespace cgflow

#endif
