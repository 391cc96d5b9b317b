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

// Indices of coordinates by what a layer does with them.
struct Parts {
  std::vector<std::int64_t> line, circle;              // mapped
  std::vector<std::int64_t> pass_line, pass_circle;    // seen by the network
};

Parts parts_of(const LayerContext &context, Elementwise kind)
{
  const auto n = static_cast<std::int64_t>(context.circular.size());
  Parts parts;
  std::vector<std::int64_t> halved;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool circular = context.circular[i];
    if (kind == Elementwise::spline || (kind == Elementwise::rotor && circular))
      (circular ? parts.circle : parts.line).push_back(i);
    else if (kind == Elementwise::spline_coupling || (kind == Elementwise::affine_coupling && !circular))
      halved.push_back(i);
    else if (kind == Elementwise::affine_coupling)
      parts.pass_circle.push_back(i);
  }
  const auto passes = coupling_mask(context.config.masks, static_cast<std::int64_t>(halved.size()), context.number);
  for (std::size_t k = 0; k < halved.size(); ++k) {
    const std::int64_t i = halved[k];
    if (context.circular[i])
      (passes[k] ? parts.pass_circle : parts.circle).push_back(i);
    else
      (passes[k] ? parts.pass_line : parts.line).push_back(i);
  }
  return parts;
}

class ElementwiseLayer : public FlowLayer {
 public:
  ElementwiseLayer(const LayerContext &context, const Parts &parts, bool splines);
  Result forward(const Tensor &x, const Tensor &c, Parameters mode) const override { return apply(x, c, mode, false); }
  Result inverse(const Tensor &y, const Tensor &c, Parameters mode) const override { return apply(y, c, mode, true); }
  NamedTensors parameters() const override { return network_->parameters(); }

 private:
  Result apply(const Tensor &x, const Tensor &c, Parameters mode, bool inverse) const;
  SplineResult map_unbounded(const Tensor &x, const Tensor &raw, bool inverse) const;
  SplineResult map_circular(const Tensor &x, const Tensor &raw, bool inverse) const;

  bool splines_;
  SplineShape line_, circle_;
  Tensor passing_unbounded_, passing_circular_, unbounded_, circular_;
  int unbounded_parameters_, circular_parameters_;    // of one coordinate
  bool passes_, all_unbounded_;
  std::unique_ptr<Conditioner> network_;
};

ElementwiseLayer::ElementwiseLayer(const LayerContext &context, const Parts &parts, bool splines)
    : splines_(splines), line_{context.config.bins, context.config.tail, false}, circle_{context.config.bins,
                                                                                         std::numbers::pi, true},
      passing_unbounded_(columns(parts.pass_line)), passing_circular_(columns(parts.pass_circle)),
      unbounded_(columns(parts.line)), circular_(columns(parts.circle)),
      unbounded_parameters_(splines ? line_.n_parameters() : 2), circular_parameters_(1 + circle_.n_parameters()),
      passes_(!parts.pass_line.empty() || !parts.pass_circle.empty()),
      all_unbounded_(parts.line.size() == context.circular.size())
{
  const auto inputs = context.n_condition + static_cast<int>(parts.pass_line.size() + 2 * parts.pass_circle.size());
  const auto outputs = parts.line.size() * unbounded_parameters_ + parts.circle.size() * circular_parameters_;
  network_ = std::make_unique<Conditioner>(context.name, inputs, context.config, static_cast<int>(outputs), context.source);
}

SplineResult ElementwiseLayer::map_unbounded(const Tensor &x, const Tensor &raw, bool inverse) const
{
  if (splines_) {
    const Tensor parameters = spline_parameters(raw);
    return inverse ? rq_spline_inverse(x, parameters, line_) : rq_spline_forward(x, parameters, line_);
  }
  const auto part = raw.unbind(2);
  const Tensor &shift = part[0], log_scale = kScaleLimit * at::tanh(part[1] / kScaleLimit);
  if (inverse) return {(x - shift) * at::exp(-log_scale), -log_scale};
  return {shift + at::exp(log_scale) * x, log_scale};
}

// The spline leaves the angle +-pi where it is; the turn after it moves that knot to where the density needs it.
SplineResult ElementwiseLayer::map_circular(const Tensor &x, const Tensor &raw, bool inverse) const
{
  const Tensor turn = raw.select(2, 0);
  const Tensor parameters = spline_parameters(raw.narrow(2, 1, raw.size(2) - 1));
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
  const auto part = raw.split_with_sizes({n_line * unbounded_parameters_, n_circle * circular_parameters_}, 1);
  Tensor y = x, log_det = at::zeros({batch}, x.options());
  if (n_line > 0) {
    const Tensor of_line = part[0].reshape({batch, n_line, unbounded_parameters_});
    const SplineResult r = map_unbounded(x.index_select(1, unbounded_), of_line, inverse);
    y = y.index_copy(1, unbounded_, r.y);
    log_det = log_det + r.log_det.sum(1);
  }
  if (n_circle > 0) {
    const Tensor of_circle = part[1].reshape({batch, n_circle, circular_parameters_});
    const SplineResult r = map_circular(x.index_select(1, circular_), of_circle, inverse);
    y = y.index_copy(1, circular_, r.y);
    log_det = log_det + r.log_det.sum(1);
  }
  return {y, log_det};
}

}    // namespace

std::unique_ptr<FlowLayer> make_elementwise_layer(const LayerContext &context, Elementwise kind)
{
  const Parts parts = parts_of(context, kind);
  if (parts.line.empty() && parts.circle.empty()) return nullptr;
  return std::make_unique<ElementwiseLayer>(context, parts, kind != Elementwise::affine_coupling);
}

}    // namespace cgflow
