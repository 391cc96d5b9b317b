// SPDX-License-Identifier: GPL-2.0-only
#include "flow/network_layer.h"

#include <cassert>
#include <numbers>

namespace cgflow {
namespace {

// Scales of one affine coupling stay within exp(+-kScaleLimit).
constexpr double kScaleLimit = 3.0;

// Raw spline parameters are kSplineLimit tanh(kSplineGain / kSplineLimit * output). The ratio of two bins stays above e^-6,
// and shapes change more slowly than means and widths. Without this a spline that still misses the target turns into steps
// at which ln q has slopes of thousands, and path gradients do not lead out of them.
constexpr double kSplineLimit = 3.0;
constexpr double kSplineGain = 0.3;

// Indices of coordinates by their part in a layer.
struct Parts {
  std::vector<std::int64_t> line, circle;    // mapped
  Conditioner::Seen seen;
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
      parts.seen.angles.push_back(i);
  }
  const auto passes = coupling_mask(context.config.masks, static_cast<std::int64_t>(halved.size()), context.number);
  for (std::size_t k = 0; k < halved.size(); ++k) {
    const std::int64_t i = halved[k];
    if (context.circular[i])
      (passes[k] ? parts.seen.angles : parts.circle).push_back(i);
    else
      (passes[k] ? parts.seen.values : parts.line).push_back(i);
  }
  return parts;
}

}    // namespace

std::unique_ptr<FlowLayer> make_elementwise_layer(const LayerContext &context, Elementwise kind)
{
  Parts parts = parts_of(context, kind);
  if (parts.line.empty() && parts.circle.empty()) return nullptr;
  assert(context.config.bins >= 2 && context.config.bins <= kernels::kMaxBins);    // as Config::check() ensures
  NetworkLayer::Maps maps;
  (kind == Elementwise::affine_coupling ? maps.affine_rows : maps.line_rows) = std::move(parts.line);
  // The spline does not move the angle +-pi; the rotation after it moves this knot to where the density needs it.
  maps.circle_rows = std::move(parts.circle);
  maps.affine.limit = kScaleLimit;
  maps.affine.step = 2;
  maps.affine.scale = 1;
  maps.line.half_width = context.config.tail;
  maps.circle.circular = true;
  maps.circle.half_width = std::numbers::pi;
  for (auto *splines : {&maps.line, &maps.circle}) {
    splines->bins = context.config.bins;
    splines->limit = kSplineLimit;
    splines->gain = kSplineGain;
  }
  return std::make_unique<NetworkLayer>(context, std::move(maps), std::move(parts.seen));
}

}    // namespace cgflow
