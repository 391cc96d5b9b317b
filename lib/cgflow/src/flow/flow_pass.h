// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_SRC_FLOW_PASS_H
#define CGFLOW_SRC_FLOW_PASS_H

#include "flow/flow.h"

namespace cgflow {

/// Batches through a flow and their derivatives. sample() and log_prob() return a handle for their batch, and derivatives
/// are asked of the handle. The handle holds the layers' buffers and gives them back to the pass when it ends, so that the
/// next batch of the same size allocates none: about batch (n_fine (layers + 4) + twice the widths of all networks) numbers.
/// Results are tensors of their own. A handle must end before its pass. The flow is kept by reference and must not change
/// while a handle lives.
class FlowPass {
  struct Buffers;
  struct GiveBack {
    FlowPass *pass = nullptr;
    void operator()(Buffers *buffers) const;
  };
  using Lease = std::unique_ptr<Buffers, GiveBack>;

 public:
  explicit FlowPass(const ConditionalFlow &flow);
  ~FlowPass();
  FlowPass(const FlowPass &) = delete;
  FlowPass &operator=(const FlowPass &) = delete;

  /// Bytes that a pass keeps after batches of these sizes, one at a time, with the results of the largest.
  static std::int64_t memory(const ConditionalFlow &flow, const std::vector<std::int64_t> &batches);

  /// A batch that was drawn.
  class Sample {
   public:
    const Tensor &fine() const { return fine_; }      // [n_fine, batch]
    const Tensor &log_q() const { return log_q_; }    // [batch], ln q(fine | s) in nats

    /// d ln q(fine | s) / d fine at fixed parameters [n_fine, batch], the term that turns the plain gradient into the path
    /// gradient (Roeder et al. 2017). It goes through the layers from the latent side with the values of the forward pass,
    /// and evaluates no network again (Vaitl et al. 2022).
    Tensor score();
    /// From the derivatives of a function by fine [n_fine, batch] and by ln q [batch], writes the derivative by the flow's
    /// parameters to `gradient`, a tensor like ConditionalFlow::computed(). Throws ShapeError.
    void pull_back(const Tensor &g_fine, const Tensor &g_log_q, const Tensor &gradient);

   private:
    friend class FlowPass;
    Sample(const ConditionalFlow &flow, Lease buffers) : flow_(flow), buffers_(std::move(buffers)) {}
    const ConditionalFlow &flow_;
    Lease buffers_;
    Tensor fine_, log_q_;
  };

  /// A batch whose density was computed.
  class Density {
   public:
    const Tensor &log_q() const { return log_q_; }    // [batch], ln q(fine | s) in nats

    /// From the derivative of a function by ln q [batch], returns the derivative by fine [n_fine, batch] and writes that by
    /// the flow's parameters to `gradient`, a tensor like ConditionalFlow::computed(). Throws ShapeError.
    Tensor pull_back(const Tensor &g_log_q, const Tensor &gradient);

   private:
    friend class FlowPass;
    Density(const ConditionalFlow &flow, Lease buffers) : flow_(flow), buffers_(std::move(buffers)) {}
    const ConditionalFlow &flow_;
    Lease buffers_;
    Tensor fine_, log_q_;
  };

  /// Draws fine = f(z; s). z [n_fine, batch] from draw_latent(), s [n_cv, batch] in box units. Throws ShapeError.
  Sample sample(const Tensor &z, const Tensor &s);
  /// ln q(fine | s) of fine [n_fine, batch] at s [n_cv, batch]. Throws ShapeError.
  Density log_prob(const Tensor &fine, const Tensor &s);

 private:
  Lease lease(std::int64_t batch);

  const ConditionalFlow &flow_;
  std::vector<std::unique_ptr<Buffers>> free_;    // of the batch sizes used last
};

}    // namespace cgflow

#endif
