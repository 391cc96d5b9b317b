// SPDX-License-Identifier: GPL-2.0-only
#include "rq_spline.h"

#include <cmath>

namespace cgflow {
namespace {

// Knots -half_width = k_0 < ... < k_bins = half_width; the ends are set exactly, so that the tails join without a gap.
Tensor knots(const Tensor &raw, double minimum, const SplineShape &shape)
{
  const auto bins = raw.size(-1);
  const Tensor sizes = at::softmax(raw, -1).mul(1.0 - minimum * bins).add(minimum);
  const Tensor inside = at::cumsum(sizes.narrow(-1, 0, bins - 1), -1).mul(2.0 * shape.half_width).sub(shape.half_width);
  auto end = raw.sizes().vec();
  end.back() = 1;
  return at::cat({at::full(end, -shape.half_width, raw.options()), inside, at::full(end, shape.half_width, raw.options())},
                 -1);
}

Tensor knot_derivatives(const Tensor &raw, const SplineShape &shape)
{
  static const double shift = std::log(std::exp(1.0 - kMinDerivative) - 1.0);    // raw 0 gives derivative 1
  const Tensor inside = at::softplus(raw.add(shift)).add(kMinDerivative);
  if (shape.circular) return at::cat({inside, inside.narrow(-1, 0, 1)}, -1);
  auto end = raw.sizes().vec();
  end.back() = 1;
  const Tensor one = at::ones(end, raw.options());
  return at::cat({one, inside, one}, -1);
}

// What a bin's formula needs, each [batch, n].
struct Bin {
  Tensor x0, width, y0, height, d0, d1, slope;
};

// The bin of each value: by its x (forward) or y (inverse). The three knot arrays are gathered in one go: a third of the
// tensor operations of six separate gathers, which is what a small batch costs.
Bin find_bin(const Tensor &value, const Tensor &parameters, const SplineShape &shape, bool by_y)
{
  const int k = shape.bins;
  const Tensor kx = knots(parameters.narrow(-1, 0, k), kMinBinWidth, shape);
  const Tensor ky = knots(parameters.narrow(-1, k, k), kMinBinHeight, shape);
  const Tensor kd = knot_derivatives(parameters.narrow(-1, 2 * k, shape.n_parameters() - 2 * k), shape);
  const Tensor inner = (by_y ? ky : kx).detach().narrow(-1, 1, k - 1);
  const Tensor index = value.detach().unsqueeze(-1).ge(inner).sum(-1, true);    // [batch, n, 1]
  const Tensor both = at::cat({index, index.add(1)}, -1).unsqueeze(-2);
  const Tensor ends = at::stack({kx, ky, kd}, -2).gather(-1, both.expand({-1, -1, 3, -1}));    // [batch, n, 3, 2]
  const auto part = [&](int row, int end) { return ends.select(-2, row).select(-1, end); };
  Bin bin{part(0, 0), part(0, 1).sub(part(0, 0)), part(1, 0), part(1, 1).sub(part(1, 0)), part(2, 0), part(2, 1), {}};
  bin.slope = bin.height / bin.width;
  return bin;
}

// ln dy/dx at the relative position theta in the bin, Eq. 5 of Durkan et al.
Tensor log_derivative(const Bin &bin, const Tensor &theta, const Tensor &mixed, const Tensor &denominator)
{
  const Tensor rest = 1.0 - theta;
  const Tensor numerator = bin.d1 * theta * theta + 2.0 * bin.slope * mixed + bin.d0 * rest * rest;
  return 2.0 * at::log(bin.slope / denominator) + at::log(numerator);
}

// Tails: the identity outside, and not even a derivative of the formula inside.
SplineResult with_tails(const Tensor &x, const Tensor &inside, SplineResult r)
{
  return {at::where(inside, r.y, x), at::where(inside, r.log_det, at::zeros_like(r.log_det))};
}

}    // namespace

SplineResult rq_spline_forward(const Tensor &x, const Tensor &parameters, const SplineShape &shape)
{
  const Tensor clamped = x.clamp(-shape.half_width, shape.half_width);
  const Bin bin = find_bin(clamped, parameters, shape, false);
  const Tensor theta = (clamped - bin.x0) / bin.width;
  const Tensor mixed = theta * (1.0 - theta);
  const Tensor denominator = bin.slope + (bin.d0 + bin.d1 - 2.0 * bin.slope) * mixed;
  const Tensor y = bin.y0 + bin.height * (bin.slope * theta * theta + bin.d0 * mixed) / denominator;
  SplineResult r{y, log_derivative(bin, theta, mixed, denominator)};
  return shape.circular ? r : with_tails(x, x.abs().le(shape.half_width), r);
}

SplineResult rq_spline_inverse(const Tensor &y, const Tensor &parameters, const SplineShape &shape)
{
  const Tensor clamped = y.clamp(-shape.half_width, shape.half_width);
  const Bin bin = find_bin(clamped, parameters, shape, true);
  const Tensor rise = clamped - bin.y0;
  const Tensor curvature = bin.d0 + bin.d1 - 2.0 * bin.slope;
  const Tensor a = bin.height * (bin.slope - bin.d0) + rise * curvature;
  const Tensor b = bin.height * bin.d0 - rise * curvature;
  const Tensor c = -bin.slope * rise;
  // The form of the root that does not cancel; rounding can take the discriminant below zero at a knot.
  const Tensor theta = 2.0 * c / (-b - at::sqrt((b * b - 4.0 * a * c).clamp_min(1e-300)));
  const Tensor mixed = theta * (1.0 - theta);
  const Tensor denominator = bin.slope + curvature * mixed;
  SplineResult r{bin.x0 + bin.width * theta, -log_derivative(bin, theta, mixed, denominator)};
  return shape.circular ? r : with_tails(y, y.abs().le(shape.half_width), r);
}

}    // namespace cgflow
