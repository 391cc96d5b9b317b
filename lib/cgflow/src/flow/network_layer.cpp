// SPDX-License-Identifier: GPL-2.0-only
#include "flow/network_layer.h"

namespace cgflow {
namespace {

struct NetworkWork : FlowLayer::Work {
  void count(StorageBytes &bytes) const override { network.count(bytes); }
  Conditioner::Work network;
};

Conditioner::Work &network_of(FlowLayer::Work &work) { return static_cast<NetworkWork &>(work).network; }

double *numbers(const Tensor &t) { return t.data_ptr<double>(); }

}    // namespace

NetworkLayer::NetworkLayer(const LayerContext &context, Maps maps, Conditioner::Seen seen) : maps_(std::move(maps))
{
  auto &[affine_rows, line_rows, circle_rows, affine, line, circle] = maps_;
  affine.n = static_cast<int>(affine_rows.size());
  affine.rows = affine_rows.data();
  std::int64_t outputs = affine.n_parameters();
  const auto place = [&](kernels::RqSplines &splines, const std::vector<std::int64_t> &rows) {
    splines.n = static_cast<int>(rows.size());
    splines.rows = rows.data();
    splines.first = outputs;
    outputs += std::int64_t{splines.n} * splines.n_parameters();
  };
  place(line, line_rows);
  place(circle, circle_rows);
  network_ = std::make_unique<Conditioner>(context.name, context.n_condition, std::move(seen), context.config,
                                           static_cast<int>(outputs), context.source);
}

std::unique_ptr<FlowLayer::Work> NetworkLayer::make_work(std::int64_t batch) const
{
  auto work = std::make_unique<NetworkWork>();
  work->network = network_->make_work(batch);
  return work;
}

void NetworkLayer::map(Direction direction, const Tensor &x, const Tensor &c, const Tensor &y, const Tensor &log_det,
                       Work &work) const
{
  Conditioner::Work &network = network_of(work);
  network_->forward(c, x, network);
  y.copy_(x);
  const Tensor &raw = network.outputs();
  with_type(network_->type(), [&](auto type) {
    const auto *r = raw.data_ptr<decltype(type)>();
    const std::int64_t batch = x.size(1);
    if (maps_.affine.n > 0) kernels::map_affine(maps_.affine, direction, batch, numbers(x), r, numbers(y), numbers(log_det));
    for (const auto *splines : {&maps_.line, &maps_.circle})
      if (splines->n > 0) kernels::map_rq_splines(*splines, direction, batch, numbers(x), r, numbers(y), numbers(log_det));
  });
}

void NetworkLayer::pull_back(Direction direction, const Tensor &x, const Tensor &y, const Tensor &gy,
                             const Tensor &g_log_det, const Tensor &gx, const Tensor &gradient, Work &work) const
{
  Conditioner::Work &network = network_of(work);
  gx.copy_(gy);
  const Tensor &raw = network.outputs(), &g_raw = network.g_out.back();
  with_type(network_->type(), [&](auto type) {
    using Raw = decltype(type);
    const Raw *r = raw.data_ptr<Raw>();
    Raw *g = gradient.defined() || network_->sees() ? g_raw.data_ptr<Raw>() : nullptr;
    const std::int64_t batch = x.size(1);
    if (maps_.affine.n > 0)
      kernels::pull_back_affine(maps_.affine, direction, batch, numbers(x), numbers(y), r, numbers(gy), numbers(g_log_det),
                                numbers(gx), g);
    for (const auto *splines : {&maps_.line, &maps_.circle})
      if (splines->n > 0)
        kernels::pull_back_rq_splines(*splines, direction, batch, numbers(x), r, numbers(gy), numbers(g_log_det),
                                      numbers(gx), g);
  });
  network_->pull_back(network, gx, gradient);
}

}    // namespace cgflow
