// SPDX-License-Identifier: GPL-2.0-only
#include "fourier_basis.h"

#include "ensemble_members.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cgflow {

namespace {
constexpr double kPadding = 1.6;
// Part of the prior's variance in a rough process of shorter length: a hundredth of the amplitude.
constexpr double kRoughShare = 1e-4;
constexpr double kRoughLength = 0.3;
constexpr double kRoughSmoothness = 2.5;

struct Mode {
  double square;
  std::vector<int> k;
};

// All modes of a half space (k and -k are one) inside a ball, by size then index: the same on every machine.
void collect(const std::vector<double> &step, double radius, std::vector<int> &k, std::size_t dim, double square,
             bool leading, std::vector<Mode> &out)
{
  if (dim == step.size()) {
    if (!leading) out.push_back({square, k});
    return;
  }
  const int limit = static_cast<int>(std::sqrt(std::max(0.0, radius * radius - square)) / step[dim]);
  for (int i = leading ? 0 : -limit; i <= limit; ++i) {
    k[dim] = i;
    collect(step, radius, k, dim + 1, square + i * i * step[dim] * step[dim], leading && i == 0, out);
  }
}
}    // namespace

FourierBasis::FourierBasis(const CgSpace &space) : space_(space)
{
  const int d = space.n_cv();
  const std::size_t wanted = 128u << std::min(d - 1, 2);
  std::vector<double> step;
  for (const CgVariable &v : space.variables()) step.push_back(v.periodic ? 1.0 : 1.0 / kPadding);
  std::vector<Mode> modes;
  for (double radius = 1.0; modes.size() < wanted; radius *= 1.25) {
    modes.clear();
    std::vector<int> k(d, 0);
    collect(step, radius, k, 0, 0.0, true, modes);
  }
  std::stable_sort(modes.begin(), modes.end(), [](const Mode &a, const Mode &b) { return a.square < b.square - 1e-9; });
  modes.resize(wanted);
  for (int j = 0; j < d; ++j) {
    std::vector<std::int64_t> multiple;
    std::vector<double> sign;
    for (const Mode &mode : modes) {
      multiple.push_back(std::abs(mode.k[j]));
      sign.push_back(mode.k[j] < 0 ? -1.0 : 1.0);
    }
    multiple_.push_back(at::tensor(multiple, at::kLong));
    sign_.push_back(at::tensor(sign, at::kDouble).unsqueeze(1));
  }
  frequency_ = at::zeros({static_cast<std::int64_t>(wanted), d}, at::kDouble);
  double *w = frequency_.data_ptr<double>();
  for (std::size_t m = 0; m < wanted; ++m)
    for (int j = 0; j < d; ++j) w[m * d + j] = 2.0 * std::numbers::pi * step[j] * modes[m].k[j];
}

Tensor FourierBasis::features(const Tensor &s) const
{
  const Waves w = waves(s);
  return at::cat({w.cosine, w.sine, at::ones({1, s.size(0)}, s.options())}, 0).t().contiguous();
}

// cos and sin of each mode's angle. A mode is a product of waves of single variables, so only the multiples of one angle a
// variable are computed (a dozen in two dimensions, where there are 256 modes) and multiplied by the addition theorems.
FourierBasis::Waves FourierBasis::waves(const Tensor &s) const
{
  const Tensor share = scale_to_ranges(space_, s);
  Waves all;
  for (int j = 0; j < n_cv(); ++j) {
    const Tensor &k = multiple_[j];
    const double step = 2.0 * std::numbers::pi / (space_[j].periodic ? 1.0 : kPadding);
    const Tensor order = at::arange(k.max().item<std::int64_t>() + 1, at::kDouble).unsqueeze(1);
    const Tensor angle = order * (step * share.select(1, j)).unsqueeze(0);
    const Tensor cosine = at::cos(angle).index_select(0, k), sine = at::sin(angle).index_select(0, k) * sign_[j];
    if (j == 0)
      all = {cosine, sine};
    else
      all = {all.cosine * cosine - all.sine * sine, all.sine * cosine + all.cosine * sine};
  }
  return all;
}

Tensor FourierBasis::combine(const Tensor &weights, const Tensor &s) const
{
  const std::int64_t k = frequency_.size(0);
  const Waves w = waves(s);
  return weights.slice(1, 2 * k) + at::matmul(weights.slice(1, 0, k), w.cosine) +
         at::matmul(weights.slice(1, k, 2 * k), w.sine);
}

Tensor FourierBasis::gradient(const Tensor &weights, const Tensor &s) const
{
  const std::int64_t k = frequency_.size(0);
  const Tensor angle = at::matmul(scale_to_ranges(space_, s), frequency_.t());
  const Tensor slope = at::cos(angle) * weights.slice(0, k, 2 * k) - at::sin(angle) * weights.slice(0, 0, k);
  Tensor out = at::matmul(slope, frequency_);
  for (int j = 0; j < n_cv(); ++j) out.select(1, j).div_(space_[j].width());
  return out;
}

Tensor FourierBasis::spectrum(double length, double smoothness) const
{
  const Tensor square = at::sum(at::square(frequency_), 1);
  const auto matern = [&](double l, double nu) {
    const Tensor density = at::pow(1.0 + square * (l * l / (2.0 * nu)), -(nu + 0.5 * n_cv()));
    return density / at::sum(density);
  };
  const Tensor share =
      (1.0 - kRoughShare) * matern(length, smoothness) + kRoughShare * matern(kRoughLength * length, kRoughSmoothness);
  return at::cat({share, share});
}

}    // namespace cgflow
