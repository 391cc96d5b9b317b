// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow_pass.h"

#include "base/below_autograd.h"
#include "base/tensor_shape.h"
#include "flow/flow_parts.h"

#include <algorithm>

namespace cgflow {

namespace {
constexpr std::size_t kKept = 3;    // batch sizes: that of steps, of the last step of an epoch, of a test
}    // namespace

// states[0] is the latent side, states[k + 1] what layer k makes of states[k].
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
  Tensor condition;    // [n_condition, batch]
  Tensor g, g_next, log_det, ones;
  Tensor fine;    // [batch, n_fine]
};

std::int64_t FlowPass::memory(const ConditionalFlow &flow, const std::vector<std::int64_t> &batches)
{
  const auto &parts = *flow.impl_;
  // Made and let go again: memory that nobody writes to is none.
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
  // Condition and result of each size, and what the standardisation makes of the largest on its way.
  std::int64_t numbers = 0;
  for (const Buffers &b : kept) numbers += b.batch * (parts.features.size() + parts.n_fine);
  numbers += largest * 4 * parts.n_fine;
  return bytes.bytes() + 8 * numbers;
}

FlowPass::FlowPass(const ConditionalFlow &flow) : flow_(flow) {}

FlowPass::~FlowPass() = default;

FlowPass::Buffers &FlowPass::buffers(std::int64_t batch)
{
  flow_.impl_->refresh();
  auto found = std::find_if(kept_.begin(), kept_.end(), [&](const auto &b) { return b->batch == batch; });
  if (found == kept_.end()) {
    if (kept_.size() == kKept) kept_.erase(kept_.begin());
    kept_.push_back(std::make_unique<Buffers>(*flow_.impl_, batch));
    found = kept_.end() - 1;
  }
  last_ = found->get();
  return *last_;
}

ConditionalFlow::Sample FlowPass::sample(const Tensor &z, const Tensor &s)
{
  const BelowAutograd below_autograd;
  const auto &flow = *flow_.impl_;
  check_shape("latent samples", z, {s.size(0), flow.n_fine});
  Buffers &b = buffers(s.size(0));
  b.condition = flow.features(s).t().contiguous();
  b.states[0].copy_(z.t());
  b.log_det.zero_();
  for (std::size_t k = 0; k < flow.layers.size(); ++k)
    flow.layers[k]->map(Direction::forward, b.states[k], b.condition, b.states[k + 1], b.log_det, *b.work[k]);
  const auto end = flow.standardisation.to_fine(b.states.back().t());
  b.fine = end.value;
  return {end.value, flow.log_base(b.states[0]) - b.log_det - end.log_det};
}

Tensor FlowPass::log_prob(const Tensor &fine, const Tensor &s)
{
  const BelowAutograd below_autograd;
  const auto &flow = *flow_.impl_;
  check_shape("fine coordinates", fine, {s.size(0), flow.n_fine});
  Buffers &b = buffers(s.size(0));
  b.condition = flow.features(s).t().contiguous();
  b.fine = fine.detach();
  const auto start = flow.standardisation.to_unit(b.fine);
  b.states.back().copy_(start.value.t());
  b.log_det.zero_();
  for (std::size_t k = flow.layers.size(); k-- > 0;)
    flow.layers[k]->map(Direction::inverse, b.states[k + 1], b.condition, b.states[k], b.log_det, *b.work[k]);
  return flow.log_base(b.states[0]) + b.log_det + start.log_det;
}

Tensor FlowPass::score()
{
  const BelowAutograd below_autograd;
  const auto &flow = *flow_.impl_;
  Buffers &b = *last_;
  flow.log_base_back(b.states[0], b.ones, b.g);
  for (std::size_t k = 0; k < flow.layers.size(); ++k) {
    flow.layers[k]->pull_back(Direction::inverse, b.states[k + 1], b.states[k], b.g, b.ones, b.g_next, {}, *b.work[k]);
    std::swap(b.g, b.g_next);
  }
  return flow.standardisation.to_unit_back(b.fine, b.g.t(), b.ones);
}

void FlowPass::check_gradient(const Tensor &gradient) const
{
  const Tensor &like = flow_.computed();
  check_shape("gradient of the flow", gradient, like.sizes().vec(), like.scalar_type());
}

void FlowPass::pull_back_sample(const Tensor &g_fine, const Tensor &g_log_q, const Tensor &gradient)
{
  const BelowAutograd below_autograd;
  const auto &flow = *flow_.impl_;
  Buffers &b = *last_;
  check_gradient(gradient);
  // ln q = ln of the base density less log_det of the layers and of the standardisation.
  const Tensor g_log_det = -g_log_q;
  b.g.copy_(flow.standardisation.to_fine_back(b.states.back().t(), g_fine, g_log_det).t());
  for (std::size_t k = flow.layers.size(); k-- > 0;) {
    flow.layers[k]->pull_back(Direction::forward, b.states[k], b.states[k + 1], b.g, g_log_det, b.g_next, gradient,
                              *b.work[k]);
    std::swap(b.g, b.g_next);
  }
}

Tensor FlowPass::pull_back_log_prob(const Tensor &g_log_q, const Tensor &gradient)
{
  const BelowAutograd below_autograd;
  const auto &flow = *flow_.impl_;
  Buffers &b = *last_;
  check_gradient(gradient);
  const Tensor g_log_det = g_log_q.contiguous();
  flow.log_base_back(b.states[0], g_log_det, b.g);
  for (std::size_t k = 0; k < flow.layers.size(); ++k) {
    flow.layers[k]->pull_back(Direction::inverse, b.states[k + 1], b.states[k], b.g, g_log_det, b.g_next, gradient,
                              *b.work[k]);
    std::swap(b.g, b.g_next);
  }
  return flow.standardisation.to_unit_back(b.fine, b.g.t(), g_log_det);
}

}    // namespace cgflow
