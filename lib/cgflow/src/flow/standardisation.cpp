// SPDX-License-Identifier: GPL-2.0-only
#include "flow/standardisation.h"

#include "base/tensor_shape.h"
#include "flow/flow_layers.h"

#include "cgflow/error.h"

#include <cmath>
#include <numbers>

namespace cgflow {

using Kind = FineCoordinate::Kind;

Standardisation::Standardisation(std::vector<FineCoordinate> fine) : fine_(std::move(fine))
{
  const auto n = static_cast<std::int64_t>(fine_.size());
  circular_ = at::zeros({n}, at::kBool);
  bounded_ = at::zeros({n}, at::kBool);
  lo_ = at::zeros({n}, at::kDouble);
  width_ = at::ones({n}, at::kDouble);
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

void Standardisation::set(const Tensor &mean, const Tensor &scale, const Tensor &mixing)
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
  mean_ = at::where(circular_, lo_ + 0.5 * width_, mean);
  scale_ = at::where(circular_, width_ / (2.0 * std::numbers::pi), scale);
  mixing_ = mixing;
  mixes_ = !at::equal(mixing, at::eye(n, at::kDouble));
  inverse_mixing_ = at::linalg_inv(mixing).tril();
  log_scale_sum_ = at::log(scale_).sum() + at::log(diagonal).sum();
}

void Standardisation::fit(const Tensor &fine)
{
  const at::NoGradGuard no_grad;
  check_shape("fine coordinates", fine, {-1, static_cast<std::int64_t>(fine_.size())});
  if (fine.size(0) < 2)
    throw ModelError("standardisation of the flow: got " + std::to_string(fine.size(0)) +
                     " frames, expected at least two that differ");
  const Tensor values = unbounded_values(fine);
  const Tensor mean = values.mean(0);
  const Tensor scale = at::where(circular_, 1.0, (values - mean).square().mean(0).sqrt());
  for (std::size_t i = 0; i < fine_.size(); ++i)
    if (!(scale[i].item<double>() > 1e-12 * (1.0 + std::abs(mean[i].item<double>()))))
      throw ModelError("fine '" + fine_[i].name + "': it has the same value " + std::to_string(mean[i].item<double>()) +
                       " in all " + std::to_string(fine.size(0)) + " frames, expected frames that differ");
  set(mean, scale);
}

Tensor Standardisation::pull_back(const Tensor &g) const
{
  const Tensor t = at::sigmoid(mean_);
  const Tensor scaled = g * at::where(bounded_, width_ * t * (1.0 - t) * scale_, scale_);
  return mixes_ ? at::matmul(scaled, mixing_) : scaled;
}

Tensor Standardisation::unbounded_values(const Tensor &fine) const
{
  if (!any_bounded_) return fine;
  // Other columns get a harmless value: where() would else pass NaN derivatives on.
  const Tensor share = at::where(bounded_, (fine - lo_) / width_, 0.5);
  return at::where(bounded_, at::log(share) - at::log1p(-share), fine);
}

Standardisation::Result Standardisation::to_fine(const Tensor &u) const
{
  const Tensor v = mean_ + scale_ * (mixes_ ? at::matmul(u, mixing_.t()) : u);
  if (!any_bounded_) return {v, log_scale_sum_};
  const Tensor w = at::where(bounded_, v, 0.0);
  const Tensor log_slope = at::log(width_) + at::log_sigmoid(w) + at::log_sigmoid(-w);
  return {at::where(bounded_, lo_ + width_ * at::sigmoid(w), v),
          log_scale_sum_ + at::where(bounded_, log_slope, 0.0).sum(1)};
}

Tensor Standardisation::to_fine_back(const Tensor &u, const Tensor &g_value, const Tensor &g_log_det) const
{
  Tensor g = g_value;
  if (any_bounded_) {
    const Tensor v = mean_ + scale_ * (mixes_ ? at::matmul(u, mixing_.t()) : u);
    const Tensor t = at::sigmoid(at::where(bounded_, v, 0.0));
    g = at::where(bounded_, g * width_ * t * (1.0 - t) + g_log_det.unsqueeze(1) * (1.0 - 2.0 * t), g);
  }
  g = g * scale_;
  return mixes_ ? at::matmul(g, mixing_) : g;
}

Tensor Standardisation::to_unit_back(const Tensor &fine, const Tensor &g_value, const Tensor &g_log_det) const
{
  const Tensor g = (mixes_ ? at::matmul(g_value, inverse_mixing_) : g_value) / scale_;
  if (!any_bounded_) return g;
  // log_det is less ln of the slope w t (1 - t) of the logistic curve at t, and dv/dfine its inverse.
  const Tensor t = at::where(bounded_, (fine - lo_) / width_, 0.5);
  return at::where(bounded_, (g - g_log_det.unsqueeze(1) * (1.0 - 2.0 * t)) / (width_ * t * (1.0 - t)), g);
}

Standardisation::Result Standardisation::to_unit(const Tensor &fine) const
{
  const Tensor v = unbounded_values(fine);
  Tensor u = (v - mean_) / scale_;
  if (any_circular_) u = at::where(circular_, wrap_angle(u), u);
  if (mixes_) u = at::matmul(u, inverse_mixing_.t());
  if (!any_bounded_) return {u, -log_scale_sum_};
  const Tensor w = at::where(bounded_, v, 0.0);
  const Tensor log_slope = at::log(width_) + at::log_sigmoid(w) + at::log_sigmoid(-w);
  return {u, -log_scale_sum_ - at::where(bounded_, log_slope, 0.0).sum(1)};
}

}    // namespace cgflow
