// SPDX-License-Identifier: GPL-2.0-only
#include "flow_layers.h"

#include <algorithm>

namespace cgflow {
namespace {

// Scales stay within exp(+-kScaleLimit) of the standardisation: a wild step cannot overflow.
constexpr double kScaleLimit = 6.0;

class AffineLayer : public FlowLayer {
 public:
  explicit AffineLayer(const LayerContext &context);
  Result forward(const Tensor &x, const Tensor &c, Parameters mode) const override;
  Result inverse(const Tensor &y, const Tensor &c, Parameters mode) const override;
  NamedTensors parameters() const override { return network_->parameters(); }

 private:
  struct Map {
    Tensor shift, log_scale;    // [batch, n]
    Tensor lower;               // [batch, n, n], strictly lower triangular; undefined for n = 1
  };
  Map map(const Tensor &x, const Tensor &c, Parameters mode) const;
  Tensor mapped(const Tensor &x) const { return n_ == n_all_ ? x : x.index_select(1, unbounded_); }
  Tensor joined(const Tensor &all, const Tensor &mapped) const
  {
    return n_ == n_all_ ? mapped : all.index_copy(1, unbounded_, mapped);
  }

  std::int64_t n_all_, n_;
  Tensor unbounded_, circular_, none_;
  Tensor lower_index_;    // where the raw entries of L go in a flat n x n matrix
  std::unique_ptr<Conditioner> network_;
};

AffineLayer::AffineLayer(const LayerContext &context) : n_all_(context.circular.size())
{
  std::vector<std::int64_t> unbounded, circular, lower;
  for (std::int64_t i = 0; i < n_all_; ++i) (context.circular[i] ? circular : unbounded).push_back(i);
  n_ = unbounded.size();
  for (std::int64_t i = 0; i < n_; ++i)
    for (std::int64_t j = 0; j < i; ++j) lower.push_back(i * n_ + j);
  unbounded_ = columns(unbounded);
  circular_ = columns(circular);
  none_ = columns({});
  lower_index_ = columns(lower);
  const int inputs = context.n_condition + 2 * static_cast<int>(circular.size());
  network_ = std::make_unique<Conditioner>(context.name, inputs, context.config,
                                           static_cast<int>(2 * n_ + n_ * (n_ - 1) / 2), context.source);
}

AffineLayer::Map AffineLayer::map(const Tensor &x, const Tensor &c, Parameters mode) const
{
  const Tensor input = n_ == n_all_ ? c : at::cat({c, passing_features(x, none_, circular_)}, 1);
  const Tensor raw = (*network_)(input, mode);
  Map m{raw.narrow(1, 0, n_), kScaleLimit * at::tanh(raw.narrow(1, n_, n_) / kScaleLimit), {}};
  if (n_ > 1) {
    const Tensor entries = raw.narrow(1, 2 * n_, lower_index_.numel());
    m.lower = at::zeros({raw.size(0), n_ * n_}, raw.options()).index_copy(1, lower_index_, entries).view({-1, n_, n_});
  }
  return m;
}

FlowLayer::Result AffineLayer::forward(const Tensor &x, const Tensor &c, Parameters mode) const
{
  const Map m = map(x, c, mode);
  Tensor v = mapped(x);
  if (m.lower.defined()) v = v + at::matmul(m.lower, v.unsqueeze(-1)).squeeze(-1);
  return {joined(x, m.shift + at::exp(m.log_scale) * v), m.log_scale.sum(1)};
}

FlowLayer::Result AffineLayer::inverse(const Tensor &y, const Tensor &c, Parameters mode) const
{
  const Map m = map(y, c, mode);
  Tensor v = (mapped(y) - m.shift) * at::exp(-m.log_scale);
  if (m.lower.defined())
    v = at::linalg_solve_triangular(m.lower, v.unsqueeze(-1), /*upper=*/false, /*left=*/true, /*unitriangular=*/true)
            .squeeze(-1);
  return {joined(y, v), -m.log_scale.sum(1)};
}

}    // namespace

std::unique_ptr<FlowLayer> make_affine_layer(const LayerContext &context)
{
  const auto &circular = context.circular;
  if (std::all_of(circular.begin(), circular.end(), [](bool c) { return c; })) return nullptr;
  return std::make_unique<AffineLayer>(context);
}

}    // namespace cgflow
