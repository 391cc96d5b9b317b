// SPDX-License-Identifier: GPL-2.0-only
#include "flow/standardization.h"

#include "base/tensor_shape.h"
#include "flow/flow_layers.h"

#include "cgflow/error.h"

#include <cmath>
#include <numbers>

namespace cgflow {

using Kind = FineCoordinate::Kind;

Standardization::Standardization(std::vector<FineCoordinate> fine) : fine_(std::move(fine))
{
  const auto n = static_cast<std::int64_t>(fine_.size());
  circular_ = at::zeros({n, 1}, at::kBool);
  bounded_ = at::zeros({n, 1}, at::kBool);
  lo_ = at::zeros({n, 1}, at::kDouble);
  width_ = at::ones({n, 1}, at::kDouble);
  for (std::int64_t i = 0; i < n; ++i) {
    const FineCoordinate &f = fine_[i];
    if (f.kind == Kind::unbounded) continue;
    if (!(f.lo < f.hi))
      throw ConfigError("fine '" + f.name + "': got the range [" + std::to_string(f.lo) + ", " + std::to_string(f.hi) +
                        "], expected lo < hi");
    (f.kind == Kind::circular ? any_circular_ : any_bounded_) = true;
    (f.kind == Kind::circular ? circular_ : bounded_)[i] = true;
    lo_[i] = f.lo;
    width_[i] = f.hi - f.lo;
  }
  set(at::zeros({n}, at::kDouble), at::ones({n}, at::kDouble));
}

void Standardization::set(const Tensor &mean, const Tensor &scale, const Tensor &mixing)
{
  const auto n = static_cast<std::int64_t>(fine_.size());
  check_shape("mean of the fine coordinates", mean, {n});
  check_shape("scale of the fine coordinates", scale, {n});
  check_shape("mixing of the fine coordinates", mixing, {n, n});
  for (std::int64_t i = 0; i < n; ++i) {
    const double m = mean[i].item<double>(), s = scale[i].item<double>();
    if (!std::isfinite(m) || !std::isfinite(s) || s <= 0.0)
      throw ModelError("fine '" + fine_[i].name + "': got the mean " + std::to_string(m) + " and the scale " +
                       std::to_string(s) + ", expected finite numbers and a scale > 0");
  }
  const Tensor diagonal = mixing.diagonal();
  if (!mixing.isfinite().all().item<bool>() || !(diagonal.min().item<double>() > 0.0) || !at::equal(mixing, mixing.tril()))
    throw ModelError("mixing of the fine coordinates: got a matrix that is not lower triangular with a positive diagonal");
  mean_ = at::where(circular_, lo_ + 0.5 * width_, mean.unsqueeze(1));
  scale_ = at::where(circular_, width_ / (2.0 * std::numbers::pi), scale.unsqueeze(1));
  mixing_ = mixing;
  mixes_ = !at::equal(mixing, at::eye(n, at::kDouble));
  inverse_mixing_ = at::linalg_inv(mixing).tril();
  log_scale_sum_ = at::log(scale_).sum() + at::log(diagonal).sum();
  const Tensor t = at::sigmoid(mean_);
  center_slope_ = at::where(bounded_, width_ * t * (1.0 - t) * scale_, scale_);
}

void Standardization::fit(const Tensor &fine)
{
  check_shape("fine coordinates", fine, {static_cast<std::int64_t>(fine_.size()), -1});
  if (fine.size(1) < 2)
    throw ModelError("standardization of the flow: got " + std::to_string(fine.size(1)) +
                     " frames, expected at least two that differ");
  const Tensor values = unbounded_values(fine);
  const Tensor mean = values.mean(1, true);
  const Tensor scale = at::where(circular_, 1.0, (values - mean).square().mean(1, true).sqrt());
  for (std::size_t i = 0; i < fine_.size(); ++i)
    if (const double m = mean[i].item<double>(); !(scale[i].item<double>() > 1e-12 * (1.0 + std::abs(m))))
      throw ModelError("fine '" + fine_[i].name + "': it has the same value " + std::to_string(m) + " in all " +
                       std::to_string(fine.size(1)) + " frames, expected frames that differ");
  set(mean.squeeze(1), scale.squeeze(1));
}

Tensor Standardization::pull_back(const Tensor &g) const
{
  const Tensor scaled = g * center_slope_;
  return mixes_ ? at::matmul(mixing_.t(), scaled) : scaled;
}

Tensor Standardization::unbounded_values(const Tensor &fine) const
{
  if (!any_bounded_) return fine;
  const Tensor t = at::where(bounded_, (fine - lo_) / width_, 0.5);
  return at::where(bounded_, at::log(t) - at::log1p(-t), fine);
}

Tensor Standardization::mixed(const Tensor &u) const { return mean_ + scale_ * (mixes_ ? at::matmul(mixing_, u) : u); }

Standardization::Result Standardization::to_fine(const Tensor &u) const
{
  const Tensor v = mixed(u);
  if (!any_bounded_) return {v, log_scale_sum_};
  const Tensor w = at::where(bounded_, v, 0.0);
  const Tensor log_slope = at::log(width_) + at::log_sigmoid(w) + at::log_sigmoid(-w);
  return {at::where(bounded_, lo_ + width_ * at::sigmoid(w), v),
          log_scale_sum_ + at::where(bounded_, log_slope, 0.0).sum(0)};
}

Tensor Standardization::to_fine_back(const Tensor &u, const Tensor &g_value, const Tensor &g_log_det) const
{
  Tensor g = g_value;
  if (any_bounded_) {
    const Tensor t = at::sigmoid(at::where(bounded_, mixed(u), 0.0));
    g = at::where(bounded_, g * width_ * t * (1.0 - t) + g_log_det * (1.0 - 2.0 * t), g);
  }
  g = g * scale_;
  return mixes_ ? at::matmul(mixing_.t(), g) : g;
}

Tensor Standardization::to_unit_back(const Tensor &fine, const Tensor &g_value, const Tensor &g_log_det) const
{
  const Tensor g = (mixes_ ? at::matmul(inverse_mixing_.t(), g_value) : g_value) / scale_;
  if (!any_bounded_) return g;
  // log_det is minus ln of the slope w t (1 - t) of the logistic curve at t; the derivative of the logit is the inverse
  // slope.
  const Tensor t = at::where(bounded_, (fine - lo_) / width_, 0.5);
  return at::where(bounded_, (g - g_log_det * (1.0 - 2.0 * t)) / (width_ * t * (1.0 - t)), g);
}

Standardization::Result Standardization::to_unit(const Tensor &fine) const
{
  const Tensor v = unbounded_values(fine);
  Tensor u = (v - mean_) / scale_;
  if (any_circular_) u = at::where(circular_, wrap_angle(u), u);
  if (mixes_) u = at::matmul(inverse_mixing_, u);
  if (!any_bounded_) return {u, -log_scale_sum_};
  const Tensor w = at::where(bounded_, v, 0.0);
  const Tensor log_slope = at::log(width_) + at::log_sigmoid(w) + at::log_sigmoid(-w);
  return {u, -log_scale_sum_ - at::where(bounded_, log_slope, 0.0).sum(0)};
}

}    // namespace cgflow
