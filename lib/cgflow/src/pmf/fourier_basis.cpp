// SPDX-License-Identifier: GPL-2.0-only
#include "pmf/fourier_basis.h"

#include "kernels/fourier_features.h"
#include "pmf/ensemble_members.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace cgflow {

namespace {
// Constants, see doc/Howto_cgflow_theory.rst, Constants.
constexpr std::int64_t kChunk = 256;        // points evaluated at once, so that their features stay in the cache
constexpr std::int64_t kPart = 1 << 17;     // numbers of all members in one part of a grid
constexpr double kPadding = 1.6;            // period of a non-periodic variable in units of its range
constexpr std::size_t kModesOfOne = 128;    // modes for one variable, and twice as many for each further one,
constexpr int kDoublings = 2;               // at most so many times
// The rougher part of the prior: its share of the variance, its length in units of the other part's, Matern's nu.
constexpr double kRoughShare = 1e-4;
constexpr double kRoughLength = 0.3;
constexpr double kRoughSmoothness = 2.5;

struct Mode {
  double square;
  std::vector<int> k;
};

// Collects the modes k inside a ball. Of k and -k, which are the same mode, it takes the one whose first nonzero entry
// is positive.
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
  const std::size_t wanted = kModesOfOne << std::min(d - 1, kDoublings);
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
    int highest = 0;
    for (const Mode &mode : modes) {
      k_.push_back(mode.k[j]);
      highest = std::max(highest, std::abs(mode.k[j]));
    }
    highest_.push_back(highest);
  }
  std::vector<std::int64_t> place;
  for (const Mode &mode : modes) {
    std::int64_t at = mode.k[0];
    for (int j = 1; j < d; ++j) at = at * (2 * highest_[j] + 1) + mode.k[j] + highest_[j];
    place.push_back(at);
  }
  place_ = at::tensor(place, at::kLong);
  frequency_ = at::zeros({static_cast<std::int64_t>(wanted), d}, at::kDouble);
  double *w = frequency_.data_ptr<double>();
  for (std::size_t m = 0; m < wanted; ++m)
    for (int j = 0; j < d; ++j) w[m * d + j] = 2.0 * std::numbers::pi * step[j] * modes[m].k[j];
}

Tensor FourierBasis::features(const Tensor &s, std::int64_t width) const
{
  const std::int64_t n = s.size(0), columns = std::max(width, size() + 1);
  Tensor angle = scale_to_ranges(space_, s).contiguous();
  for (int j = 0; j < n_cv(); ++j) angle.select(1, j).mul_(angle_step(j));
  Tensor out = at::empty({n, columns}, at::kDouble);
  kernels::fourier_features({n_cv(), frequency_.size(0), k_.data(), highest_.data()}, n, angle.data_ptr<double>(), columns,
                            out.data_ptr<double>());
  return out;
}

Tensor FourierBasis::combine(const Tensor &weights, const Tensor &s) const
{
  const std::int64_t n = s.size(0);
  Tensor out = at::empty({weights.size(0), n}, weights.options());
  for (std::int64_t first = 0; first < n; first += kChunk) {
    const std::int64_t last = std::min(n, first + kChunk);
    out.slice(1, first, last).copy_(at::matmul(weights, features(s.slice(0, first, last)).t()));
  }
  return out;
}

double FourierBasis::angle_step(int j) const { return 2.0 * std::numbers::pi / (space_[j].periodic ? 1.0 : kPadding); }

// a cos(k s) + b sin(k s) is the real part of (a - ib) exp(ik s), and the exponential is a product over the variables.
// So the sums over k are taken one variable after the other, the last one first.
void FourierBasis::combine_on_grid(const Tensor &weights, const std::vector<std::vector<double>> &axes,
                                   const std::function<void(std::int64_t, const Tensor &)> &take) const
{
  const std::int64_t modes = frequency_.size(0), m = weights.size(0);
  const auto angles = [&](int j, std::int64_t lowest) {
    const Tensor share = (at::tensor(axes[j], at::kDouble) - space_[j].lo) / space_[j].width();
    return at::outer(at::arange(lowest, highest_[j] + 1, at::kDouble) * angle_step(j), share);    // [k, points]
  };
  std::int64_t box = highest_[0] + 1;
  for (int j = 1; j < n_cv(); ++j) box *= 2 * highest_[j] + 1;
  Tensor sums = at::zeros({m, box}, at::kComplexDouble);
  sums.index_copy_(
      1, place_,
      at::complex(weights.slice(1, 0, modes).contiguous(), at::neg(weights.slice(1, modes, 2 * modes)).contiguous()));
  // [m, k of the variables before j, k of j, points of the variables after j]
  std::int64_t done = 1;
  for (int j = n_cv() - 1; j > 0; --j) {
    const Tensor angle = angles(j, -highest_[j]);
    const Tensor wave = at::complex(at::cos(angle), at::sin(angle));
    sums = at::matmul(wave.t(), sums.reshape({-1, wave.size(0), done}));
    done *= wave.size(1);
  }
  sums = sums.reshape({m, highest_[0] + 1, done});
  const Tensor parts = at::cat({at::real(sums), at::imag(sums)}, 1), angle = angles(0, 0).t();
  const Tensor wave = at::cat({at::cos(angle), at::neg(at::sin(angle))}, 1);    // [points, 2 k]
  const std::int64_t rows = std::max<std::int64_t>(1, kPart / (m * done));
  for (std::int64_t first = 0; first < wave.size(0); first += rows) {
    const Tensor part = at::matmul(wave.slice(0, first, first + rows), parts);
    take(first * done, part.reshape({m, -1}) + weights.slice(1, 2 * modes));
  }
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
