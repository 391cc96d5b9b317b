// SPDX-License-Identifier: GPL-2.0-only
#include "flow/network_layer.h"

namespace cgflow {

namespace {
// Scales stay within exp(+-kScaleLimit) of the standardization, so that no step of the optimizer can make them overflow.
constexpr double kScaleLimit = 6.0;
}    // namespace

std::unique_ptr<FlowLayer> make_affine_layer(const LayerContext &context)
{
  NetworkLayer::Maps maps;
  Conditioner::Seen seen;
  for (std::size_t i = 0; i < context.circular.size(); ++i)
    (context.circular[i] ? seen.angles : maps.affine_rows).push_back(static_cast<std::int64_t>(i));
  if (maps.affine_rows.empty()) return nullptr;
  const auto n = static_cast<std::int64_t>(maps.affine_rows.size());
  maps.affine.limit = kScaleLimit;
  maps.affine.scale = n;
  maps.affine.mixes = true;
  maps.affine.lower = 2 * n;
  return std::make_unique<NetworkLayer>(context, std::move(maps), std::move(seen));
}

}    // namespace cgflow
