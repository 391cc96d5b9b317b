// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_PASS_H
#define CGFLOW_SRC_FLOW_PASS_H

#include "flow/flow.h"

namespace cgflow {

/// One batch through a flow and its derivatives. The memory of a batch is kept for the next one of the same size, so that a
/// training allocates nothing in its steps: about batch (n_fine (layers + 4) + twice the widths of all networks) numbers. Results
/// are tensors of their own. The flow is kept by reference and must not change between a batch and its derivatives.
class FlowPass {
 public:
  explicit FlowPass(const ConditionalFlow &flow);
  ~FlowPass();

  /// Bytes that a pass keeps when it has seen batches of these sizes, with the results of the largest.
  static std::int64_t memory(const ConditionalFlow &flow, const std::vector<std::int64_t> &batches);

  /// As ConditionalFlow::sample() and log_prob().
  ConditionalFlow::Sample sample(const Tensor &z, const Tensor &s);
  Tensor log_prob(const Tensor &fine, const Tensor &s);

  /// Of the last sample(): d ln q(fine | s) / d fine with the parameters held [batch, n_fine], which a path gradient needs
  /// (Roeder et al. 2017). Goes along the layers from the latent side with what sample() has left, and computes no network
  /// anew (Vaitl et al. 2022).
  Tensor score();
  /// Of the last sample(), from the derivatives of a function by fine [batch, n_fine] and by ln q [batch]: that by the flow's
  /// parameters, written to `gradient`, a tensor like ConditionalFlow::computed().
  void pull_back_sample(const Tensor &g_fine, const Tensor &g_log_q, const Tensor &gradient);
  /// Of the last log_prob(), from the derivative by ln q [batch]: gives that by fine [batch, n_fine], and writes that by the
  /// parameters to `gradient`.
  Tensor pull_back_log_prob(const Tensor &g_log_q, const Tensor &gradient);

 private:
  struct Buffers;
  Buffers &buffers(std::int64_t batch);
  void check_gradient(const Tensor &gradient) const;

  const ConditionalFlow &flow_;
  std::vector<std::unique_ptr<Buffers>> kept_;    // of the batch sizes used last
  Buffers *last_ = nullptr;
};

}    // namespace cgflow

#endif
