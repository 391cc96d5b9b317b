// SPDX-License-Identifier: GPL-2.0-only
#include "flow_layers.h"
#include "rq_spline.h"

#include <numbers>

namespace cgflow {
namespace {

// Scales of one affine coupling stay within exp(+-kScaleLimit).
constexpr double kScaleLimit = 3.0;

// Raw spline parameters are kSplineLimit tanh(kSplineGain / kSplineLimit * output): a bin never gets below e^-6 of another,
// and shapes change more slowly than means and widths do. Else a spline that still misses the target folds up into steps
// whose ln q has slopes of thousands, and path gradients never find out of them.
constexpr double kSplineLimit = 3.0;
constexpr double kSplineGain = 0.3;

Tensor spline_parameters(const Tensor &output) { return kSplineLimit * at::tanh((kSplineGain / kSplineLimit) * output); }

class ElementwiseLayer : public FlowLayer {
 public:
  ElementwiseLayer(const LayerContext &context, Elementwise kind, bool coupled);
  Result forward(const Tensor &x, const Tensor &c, Parameters mode) const override { return apply(x, c, mode, false); }
  Result inverse(const Tensor &y, const Tensor &c, Parameters mode) const override { return apply(y, c, mode, true); }
  NamedTensors parameters() const override { return network_->parameters(); }

 private:
  Result apply(const Tensor &x, const Tensor &c, Parameters mode, bool inverse) const;
  SplineResult map_unbounded(const Tensor &x, const Tensor &raw, bool inverse) const;
  SplineResult map_circular(const Tensor &x, const Tensor &raw, bool inverse) const;

  Elementwise kind_;
  SplineShape line_, circle_;
  Tensor passing_unbounded_, passing_circular_, unbounded_, circular_;
  int unbounded_parameters_, circular_parameters_;    // of one coordinate
  bool passes_, all_unbounded_;
  std::unique_ptr<Conditioner> network_;
};

ElementwiseLayer::ElementwiseLayer(const LayerContext &context, Elementwise kind, bool coupled)
    : kind_(kind), line_{context.config.bins, context.config.tail, false}, circle_{context.config.bins, std::numbers::pi,
                                                                                   true}
{
  const auto n = static_cast<std::int64_t>(context.circular.size());
  passes_ = coupled && n > 1;
  std::vector<std::int64_t> pass_line, pass_circle, line, circle;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool passes = passes_ && i % 2 == context.parity % 2;
    (context.circular[i] ? (passes ? pass_circle : circle) : (passes ? pass_line : line)).push_back(i);
  }
  passing_unbounded_ = columns(pass_line);
  passing_circular_ = columns(pass_circle);
  unbounded_ = columns(line);
  circular_ = columns(circle);
  all_unbounded_ = static_cast<std::int64_t>(line.size()) == n;
  unbounded_parameters_ = kind == Elementwise::spline ? line_.n_parameters() : 2;
  circular_parameters_ = 1 + (kind == Elementwise::spline ? circle_.n_parameters() : 0);
  const auto outputs = line.size() * unbounded_parameters_ + circle.size() * circular_parameters_;
  network_ = std::make_unique<Conditioner>(context.name,
                                           context.n_condition + static_cast<int>(pass_line.size() + 2 * pass_circle.size()),
                                           context.config.hidden, static_cast<int>(outputs), context.source);
}

SplineResult ElementwiseLayer::map_unbounded(const Tensor &x, const Tensor &raw, bool inverse) const
{
  if (kind_ == Elementwise::spline) {
    const Tensor parameters = spline_parameters(raw);
    return inverse ? rq_spline_inverse(x, parameters, line_) : rq_spline_forward(x, parameters, line_);
  }
  const Tensor shift = raw.select(2, 0), log_scale = kScaleLimit * at::tanh(raw.select(2, 1) / kScaleLimit);
  if (inverse) return {(x - shift) * at::exp(-log_scale), -log_scale};
  return {shift + at::exp(log_scale) * x, log_scale};
}

// The spline leaves the angle +-pi where it is; the turn after it moves that knot to where the density needs it.
SplineResult ElementwiseLayer::map_circular(const Tensor &x, const Tensor &raw, bool inverse) const
{
  const Tensor turn = raw.select(2, 0);
  const auto n_spline = raw.size(2) - 1;
  if (n_spline == 0) return {wrap_angle(inverse ? x - turn : x + turn), at::zeros_like(x)};
  const Tensor parameters = spline_parameters(raw.narrow(2, 1, n_spline));
  if (inverse) return rq_spline_inverse(wrap_angle(x - turn), parameters, circle_);
  SplineResult r = rq_spline_forward(x, parameters, circle_);
  return {wrap_angle(r.y + turn), r.log_det};
}

FlowLayer::Result ElementwiseLayer::apply(const Tensor &x, const Tensor &c, Parameters mode, bool inverse) const
{
  const Tensor input = passes_ ? at::cat({c, passing_features(x, passing_unbounded_, passing_circular_)}, 1) : c;
  const Tensor raw = (*network_)(input, mode);
  const auto batch = x.size(0), n_line = unbounded_.numel(), n_circle = circular_.numel();
  if (all_unbounded_) {
    const SplineResult r = map_unbounded(x, raw.view({batch, n_line, unbounded_parameters_}), inverse);
    return {r.y, r.log_det.sum(1)};
  }
  Tensor y = x, log_det = at::zeros({batch}, x.options());
  if (n_line > 0) {
    const Tensor part = raw.narrow(1, 0, n_line * unbounded_parameters_).reshape({batch, n_line, unbounded_parameters_});
    const SplineResult r = map_unbounded(x.index_select(1, unbounded_), part, inverse);
    y = y.index_copy(1, unbounded_, r.y);
    log_det = log_det + r.log_det.sum(1);
  }
  if (n_circle > 0) {
    const Tensor part = raw.narrow(1, n_line * unbounded_parameters_, n_circle * circular_parameters_)
                            .reshape({batch, n_circle, circular_parameters_});
    const SplineResult r = map_circular(x.index_select(1, circular_), part, inverse);
    y = y.index_copy(1, circular_, r.y);
    log_det = log_det + r.log_det.sum(1);
  }
  return {y, log_det};
}

}    // namespace

std::unique_ptr<FlowLayer> make_elementwise_layer(const LayerContext &context, Elementwise kind, bool coupled)
{
  return std::make_unique<ElementwiseLayer>(context, kind, coupled);
}

}    // namespace cgflow
