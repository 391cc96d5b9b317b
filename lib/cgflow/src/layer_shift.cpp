// SPDX-License-Identifier: GPL-2.0-only
#include "flow_layers.h"

#include <algorithm>
#include <numbers>

namespace cgflow {
namespace {

class ShiftLayer : public FlowLayer {
 public:
  explicit ShiftLayer(const LayerContext &context)
  {
    RandomStream random(0, Stream::flow_masks, static_cast<std::uint64_t>(context.number), 1);
    const auto n = static_cast<std::int64_t>(context.circular.size());
    turn_ = at::zeros({n}, at::kDouble);
    circular_ = at::zeros({n}, at::kBool);
    for (std::int64_t i = 0; i < n; ++i) {
      if (!context.circular[i]) continue;
      turn_[i] = std::numbers::pi * (2.0 * random.uniform() - 1.0);
      circular_[i] = true;
    }
  }
  Result forward(const Tensor &x, const Tensor &, Parameters) const override { return turned(x, turn_); }
  Result inverse(const Tensor &y, const Tensor &, Parameters) const override { return turned(y, -turn_); }
  NamedTensors parameters() const override { return {}; }

 private:
  Result turned(const Tensor &x, const Tensor &turn) const
  {
    return {at::where(circular_, wrap_angle(x + turn), x), at::zeros({x.size(0)}, x.options())};
  }
  Tensor turn_, circular_;    // [n_fine]
};

}    // namespace

std::unique_ptr<FlowLayer> make_shift_layer(const LayerContext &context)
{
  if (std::find(context.circular.begin(), context.circular.end(), true) == context.circular.end()) return nullptr;
  return std::make_unique<ShiftLayer>(context);
}

}    // namespace cgflow
