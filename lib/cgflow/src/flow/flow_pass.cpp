// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow_pass.h"

#include "base/tensor_shape.h"
#include "flow/flow_parts.h"

#include <algorithm>

namespace cgflow {

namespace {

// Batch sizes whose buffers are kept: that of steps, that of the last step of an epoch, and that of a test.
constexpr std::size_t kKept = 3;

void check_parameter_gradient(const ConditionalFlow::Impl &flow, const Tensor &gradient)
{
  check_shape("gradient of the flow", gradient, flow.computed.sizes().vec(), flow.computed.scalar_type());
}

}    // namespace

// states[0] is the latent side, states[k + 1] the output of layer k for states[k].
struct FlowPass::Buffers {
  Buffers(const ConditionalFlow::Impl &flow, std::int64_t batch_size) : batch(batch_size)
  {
    const auto rows = [&] { return at::empty({flow.n_fine, batch}, at::kDouble); };
    for (const auto &layer : flow.layers) {
      states.push_back(rows());
      work.push_back(layer->make_work(batch));
    }
    states.push_back(rows());
    g = rows();
    g_next = rows();
    log_det = at::empty({batch}, at::kDouble);
    ones = at::ones({batch}, at::kDouble);
  }
  std::int64_t batch;
  std::vector<Tensor> states;    // [n_fine, batch]
  std::vector<std::unique_ptr<FlowLayer::Work>> work;
  Tensor g, g_next;        // [n_fine, batch]
  Tensor log_det, ones;    // [batch]
};

std::int64_t FlowPass::memory(const ConditionalFlow &flow, const std::vector<std::int64_t> &batches)
{
  const auto &parts = *flow.impl_;
  // Allocated only to measure: untouched pages cost no resident memory.
  StorageBytes bytes;
  std::vector<Buffers> kept;
  std::int64_t largest = 0;
  for (const std::int64_t batch : batches) {
    if (batch < 1) continue;
    kept.emplace_back(parts, batch);
    largest = std::max(largest, batch);
  }
  for (const Buffers &b : kept) {
    bytes.add(b.states);
    for (const auto &work : b.work) work->count(bytes);
    for (const Tensor &t : {b.g, b.g_next, b.log_det, b.ones}) bytes.add(t);
  }
  // Of the largest batch: the condition, the result and the standardization's intermediate values.
  return bytes.bytes() + 8 * largest * (parts.features.size() + 5 * parts.n_fine);
}

FlowPass::FlowPass(const ConditionalFlow &flow) : flow_(flow) {}

FlowPass::~FlowPass() = default;

FlowPass::Lease FlowPass::lease(std::int64_t batch)
{
  flow_.impl_->refresh();
  const auto found = std::find_if(free_.begin(), free_.end(), [&](const auto &b) { return b->batch == batch; });
  if (found == free_.end()) return Lease(new Buffers(*flow_.impl_, batch), GiveBack{this});
  Lease lease(found->release(), GiveBack{this});
  free_.erase(found);
  return lease;
}

void FlowPass::GiveBack::operator()(Buffers *buffers) const
{
  if (pass->free_.size() == kKept) pass->free_.erase(pass->free_.begin());
  pass->free_.emplace_back(buffers);
}

FlowPass::Sample FlowPass::sample(const Tensor &z, const Tensor &s)
{
  const auto &flow = *flow_.impl_;
  check_shape("CG points", s, {flow.n_cv, -1});
  check_shape("latent samples", z, {flow.n_fine, s.size(1)});
  Sample out(flow_, lease(s.size(1)));
  Buffers &b = *out.buffers_;
  const Tensor condition = flow.features(s);
  b.states[0].copy_(z);
  b.log_det.zero_();
  for (std::size_t k = 0; k < flow.layers.size(); ++k)
    flow.layers[k]->map(Direction::forward, b.states[k], condition, b.states[k + 1], b.log_det, *b.work[k]);
  const auto end = flow.standardization.to_fine(b.states.back());
  out.fine_ = end.value;
  out.log_q_ = flow.log_base(b.states[0]) - b.log_det - end.log_det;
  return out;
}

FlowPass::Density FlowPass::log_prob(const Tensor &fine, const Tensor &s)
{
  const auto &flow = *flow_.impl_;
  check_shape("CG points", s, {flow.n_cv, -1});
  check_shape("fine coordinates", fine, {flow.n_fine, s.size(1)});
  Density out(flow_, lease(s.size(1)));
  Buffers &b = *out.buffers_;
  const Tensor condition = flow.features(s);
  out.fine_ = fine;
  const auto start = flow.standardization.to_unit(fine);
  b.states.back().copy_(start.value);
  b.log_det.zero_();
  for (std::size_t k = flow.layers.size(); k-- > 0;)
    flow.layers[k]->map(Direction::inverse, b.states[k + 1], condition, b.states[k], b.log_det, *b.work[k]);
  out.log_q_ = flow.log_base(b.states[0]) + b.log_det + start.log_det;
  return out;
}

Tensor FlowPass::Sample::score()
{
  const auto &flow = *flow_.impl_;
  Buffers &b = *buffers_;
  flow.log_base_back(b.states[0], b.ones, b.g);
  for (std::size_t k = 0; k < flow.layers.size(); ++k) {
    flow.layers[k]->pull_back(Direction::inverse, b.states[k + 1], b.states[k], b.g, b.ones, b.g_next, {}, *b.work[k]);
    std::swap(b.g, b.g_next);
  }
  return flow.standardization.to_unit_back(fine_, b.g, b.ones);
}

void FlowPass::Sample::pull_back(const Tensor &g_fine, const Tensor &g_log_q, const Tensor &gradient)
{
  const auto &flow = *flow_.impl_;
  Buffers &b = *buffers_;
  check_shape("derivatives by fine coordinates", g_fine, fine_.sizes().vec());
  check_shape("derivatives by ln q", g_log_q, {b.batch});
  check_parameter_gradient(flow, gradient);
  // ln q is ln of the base density minus the log_det of the layers and of the standardization.
  const Tensor g_log_det = -g_log_q;
  b.g.copy_(flow.standardization.to_fine_back(b.states.back(), g_fine, g_log_det));
  for (std::size_t k = flow.layers.size(); k-- > 0;) {
    flow.layers[k]->pull_back(Direction::forward, b.states[k], b.states[k + 1], b.g, g_log_det, b.g_next, gradient,
                              *b.work[k]);
    std::swap(b.g, b.g_next);
  }
}

Tensor FlowPass::Density::pull_back(const Tensor &g_log_q, const Tensor &gradient)
{
  const auto &flow = *flow_.impl_;
  Buffers &b = *buffers_;
  check_shape("derivatives by ln q", g_log_q, {b.batch});
  check_parameter_gradient(flow, gradient);
  const Tensor g_log_det = g_log_q.contiguous();
  flow.log_base_back(b.states[0], g_log_det, b.g);
  for (std::size_t k = 0; k < flow.layers.size(); ++k) {
    flow.layers[k]->pull_back(Direction::inverse, b.states[k + 1], b.states[k], b.g, g_log_det, b.g_next, gradient,
                              *b.work[k]);
    std::swap(b.g, b.g_next);
  }
  return flow.standardization.to_unit_back(fine_, b.g, g_log_det);
}

}    // namespace cgflow
