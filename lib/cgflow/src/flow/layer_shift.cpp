// SPDX-License-Identifier: GPL-2.0-only
#include "flow/flow_layers.h"

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
    rotation_ = at::zeros({n, 1}, at::kDouble);
    circular_ = at::zeros({n, 1}, at::kBool);
    for (std::int64_t i = 0; i < n; ++i) {
      if (!context.circular[i]) continue;
      rotation_[i] = std::numbers::pi * (2.0 * random.uniform() - 1.0);
      circular_[i] = true;
    }
  }
  std::unique_ptr<Work> make_work(std::int64_t) const override { return std::make_unique<Work>(); }
  void map(Direction direction, const Tensor &x, const Tensor &, const Tensor &y, const Tensor &, Work &) const override
  {
    const Tensor rotated = direction == Direction::forward ? x + rotation_ : x - rotation_;
    y.copy_(at::where(circular_, wrap_angle(rotated), x));
  }
  void pull_back(Direction, const Tensor &, const Tensor &, const Tensor &gy, const Tensor &, const Tensor &gx,
                 const Tensor &, Work &) const override
  {
    gx.copy_(gy);
  }

 private:
  Tensor rotation_, circular_;    // [n_fine, 1]
};

}    // namespace

std::unique_ptr<FlowLayer> make_shift_layer(const LayerContext &context)
{
  if (std::find(context.circular.begin(), context.circular.end(), true) == context.circular.end()) return nullptr;
  return std::make_unique<ShiftLayer>(context);
}

}    // namespace cgflow
