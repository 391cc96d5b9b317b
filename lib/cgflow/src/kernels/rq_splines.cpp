// SPDX-License-Identifier: GPL-2.0-only
#include "rq_splines.h"

#include "lanes.h"

#include <numbers>

namespace cgflow::kernels {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;
// ln(e^(1 - kMinDerivative) - 1), which makes the slope 1 for the raw derivative 0.
constexpr double kSoftplusShift = 0.5397424172369522;

struct Lanes {
  double v[kLanes];
};

// The bin sizes along one axis, of one coordinate's splines, before the softmax is normalized.
struct Axis {
  Lanes exponential[kMaxBins];
  Lanes sum;
};

// value = limit tanh(gain / limit r), or r without a limit; slope, unless null, is its derivative by r.
CGFLOW_INLINE void limited(const RqSplines &s, const double *r, double *value, double *slope)
{
  if (s.limit > 0.0) {
    const double factor = 2.0 * s.gain / s.limit, limit = s.limit, gain = s.gain;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double tanh = 1.0 - 2.0 / (::exp(factor * r[l]) + 1.0);
      value[l] = limit * tanh;
      if (slope) slope[l] = gain * (1.0 - tanh * tanh);
    }
  } else {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      value[l] = r[l];
      if (slope) slope[l] = 1.0;
    }
  }
}

template <class Raw>
CGFLOW_INLINE void load_axis(const RqSplines &s, const Raw *raw, std::int64_t batch, const Tile &tile, Axis &axis,
                             Lanes *slopes)
{
  for (int l = 0; l < kLanes; ++l) axis.sum.v[l] = 0.0;
  double highest[kLanes];
  if (!(s.limit > 0.0)) {
    // Without a limit the exponentials may overflow, so that the largest exponent is subtracted first.
    double r[kLanes];
    for (int l = 0; l < kLanes; ++l) highest[l] = -1e300;
    for (int k = 0; k < s.bins; ++k) {
      load_lanes(raw + k * batch, tile, r);
      for (int l = 0; l < kLanes; ++l) highest[l] = r[l] > highest[l] ? r[l] : highest[l];
    }
  } else
    for (int l = 0; l < kLanes; ++l) highest[l] = 0.0;
  for (int k = 0; k < s.bins; ++k) {
    double r[kLanes], u[kLanes];
    load_lanes(raw + k * batch, tile, r);
    limited(s, r, u, slopes ? slopes[k].v : nullptr);
    double *e = axis.exponential[k].v;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      e[l] = ::exp(u[l] - highest[l]);
      axis.sum.v[l] += e[l];
    }
  }
}

// The bin that holds each value, with the quantities of Eq. 4 and 5 of Durkan et al.
struct Bin {
  double index[kLanes];
  double x0[kLanes], width[kLanes], y0[kLanes], height[kLanes], d0[kLanes], d1[kLanes];
  double slope0[kLanes], slope1[kLanes];    // of d0 and d1 by their raw parameters
};

// Finds the bin of each value, along x (forward) or along y (inverse). The last knots are exact, so that the tails join
// without a gap.
CGFLOW_INLINE void find_bin(const RqSplines &s, const Axis &ax, const Axis &ay, const double *value, bool by_y, Bin &bin)
{
  const double scale = 2.0 * s.half_width, fraction_x = scale * (1.0 - kMinBinWidth * s.bins),
               fraction_y = scale * (1.0 - kMinBinHeight * s.bins), least_x = scale * kMinBinWidth,
               least_y = scale * kMinBinHeight, end = s.half_width;
  double kx[kLanes], ky[kLanes], fx[kLanes], fy[kLanes], x1[kLanes], y1[kLanes];
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    kx[l] = ky[l] = bin.x0[l] = bin.y0[l] = -end;
    x1[l] = y1[l] = end;
    bin.index[l] = 0.0;
    fx[l] = fraction_x / ax.sum.v[l];
    fy[l] = fraction_y / ay.sum.v[l];
  }
  const double *key = by_y ? ky : kx;
  for (int k = 0; k + 1 < s.bins; ++k) {
    const double *ex = ax.exponential[k].v, *ey = ay.exponential[k].v;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      kx[l] += least_x + fx[l] * ex[l];
      ky[l] += least_y + fy[l] * ey[l];
    }
    // Knots ascend. The bin lies between the last knot that is not above the value and the first one that is.
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const bool passed = value[l] >= key[l];
      const double low_x = passed ? kx[l] : -end, low_y = passed ? ky[l] : -end;
      const double high_x = passed ? end : kx[l], high_y = passed ? end : ky[l];
      bin.index[l] += passed ? 1.0 : 0.0;
      bin.x0[l] = low_x > bin.x0[l] ? low_x : bin.x0[l];
      bin.y0[l] = low_y > bin.y0[l] ? low_y : bin.y0[l];
      x1[l] = high_x < x1[l] ? high_x : x1[l];
      y1[l] = high_y < y1[l] ? high_y : y1[l];
    }
  }
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    bin.width[l] = x1[l] - bin.x0[l];
    bin.height[l] = y1[l] - bin.y0[l];
  }
}

// The slope d at a knot of each lane and its derivative by the raw parameter. rows [kLanes] are the rows of the raw
// parameters; a negative row stands for the fixed slope 1.
template <class Raw>
CGFLOW_INLINE void knot_slopes(const RqSplines &s, const Raw *raw, std::int64_t batch, const Tile &tile, const double *rows,
                               double *d, double *slope)
{
  double r[kLanes], u[kLanes], du[kLanes];
  for (int l = 0; l < kLanes; ++l) {
    const auto row = static_cast<std::int64_t>(rows[l]);
    const std::int64_t lane = tile.first + (l < tile.count ? l : tile.count - 1);
    r[l] = row < 0 ? 0.0 : static_cast<double>(raw[row * batch + lane]);
  }
  limited(s, r, u, du);
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    const double z = u[l] + kSoftplusShift, e = ::exp(z > 0.0 ? -z : z);
    const double plus = (z > 0.0 ? z : 0.0) + ::log(1.0 + e);
    d[l] = rows[l] < 0.0 ? 1.0 : plus + kMinDerivative;
    slope[l] = rows[l] < 0.0 ? 0.0 : du[l] * ((z > 0.0 ? 1.0 : e) / (1.0 + e));
  }
}

// Rows of the raw parameters of the slopes at both ends of the bin.
CGFLOW_INLINE void derivative_rows(const RqSplines &s, const double *index, double *row0, double *row1)
{
  const double bins = s.bins;
  if (s.circular) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      row0[l] = index[l];
      row1[l] = index[l] + 1.0 < bins ? index[l] + 1.0 : 0.0;
    }
  } else {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      row0[l] = index[l] - 1.0;
      row1[l] = index[l] + 1.0 < bins ? index[l] : -1.0;
    }
  }
}

// All quantities that the spline's formula takes, for one coordinate of one tile.
struct Work {
  Axis x, y;
  Lanes slope_x[kMaxBins], slope_y[kMaxBins];    // only for derivatives
  Bin bin;
  double given[kLanes], value[kLanes];    // the argument, and the same inside the range and before the rotation
  double row0[kLanes], row1[kLanes];
};

CGFLOW_INLINE double wrapped(double angle)
{
  // The compiler has an instruction for the built-in function, not for std::floor.
  return angle - kTwoPi * __builtin_floor((angle + 0.5 * kTwoPi) / kTwoPi);
}

template <class Raw>
CGFLOW_INLINE void prepare(const RqSplines &s, Direction direction, std::int64_t batch, const Tile &tile, const double *x,
                           const Raw *raw, bool slopes, Work &w)
{
  load_lanes(x, tile, w.given);
  const bool inverse = direction == Direction::inverse;
  double rotation[kLanes] = {};
  if (s.circular) load_lanes(raw, tile, rotation);
  const double end = s.half_width;
  if (s.circular && inverse) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.value[l] = wrapped(w.given[l] - rotation[l]);
  } else {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) w.value[l] = w.given[l];
  }
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) w.value[l] = w.value[l] < -end ? -end : (w.value[l] > end ? end : w.value[l]);
  const Raw *widths = raw + (s.circular ? batch : 0), *heights = widths + s.bins * batch;
  load_axis(s, widths, batch, tile, w.x, slopes ? w.slope_x : nullptr);
  load_axis(s, heights, batch, tile, w.y, slopes ? w.slope_y : nullptr);
  find_bin(s, w.x, w.y, w.value, inverse, w.bin);
  derivative_rows(s, w.bin.index, w.row0, w.row1);
  const Raw *derivatives = heights + s.bins * batch;
  knot_slopes(s, derivatives, batch, tile, w.row0, w.bin.d0, w.bin.slope0);
  knot_slopes(s, derivatives, batch, tile, w.row1, w.bin.d1, w.bin.slope1);
}

// The relative position of a y in its bin, from the form of the quadratic's root without cancellation.
CGFLOW_INLINE double position_of(double rise, double height, double slope, double d0, double d1)
{
  const double curvature = d0 + d1 - 2.0 * slope;
  const double a = height * (slope - d0) + rise * curvature, b = height * d0 - rise * curvature, c = -slope * rise;
  const double square = b * b - 4.0 * a * c;
  // Rounding can make the discriminant negative at a knot.
  return 2.0 * c / (-b - __builtin_sqrt(square > 1e-300 ? square : 1e-300));
}

CGFLOW_INLINE void positions(const Work &w, bool inverse, double *theta)
{
  const Bin &b = w.bin;
  if (inverse) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l)
      theta[l] = position_of(w.value[l] - b.y0[l], b.height[l], b.height[l] / b.width[l], b.d0[l], b.d1[l]);
  } else {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) theta[l] = (w.value[l] - b.x0[l]) / b.width[l];
  }
}

// Restores the identity outside the range (interval) or applies the rotation (circle).
CGFLOW_INLINE void finish(const RqSplines &s, bool inverse, const Work &w, const double *rotation, double *out,
                          double *log_slope)
{
  if (s.circular) {
    if (inverse) return;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) out[l] = wrapped(out[l] + rotation[l]);
    return;
  }
  const double end = s.half_width;
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    const bool inside = w.given[l] >= -end && w.given[l] <= end;
    out[l] = inside ? out[l] : w.given[l];
    log_slope[l] = inside ? log_slope[l] : 0.0;
  }
}

template <class Raw>
CGFLOW_INLINE void map_tile(const RqSplines &s, Direction direction, std::int64_t batch, const Tile &tile, const double *x,
                            const Raw *raw, double *y, double *log_det)
{
  Work w;
  double sum[kLanes];
  load_lanes(log_det, tile, sum);
  for (int i = 0; i < s.n; ++i) {
    const Raw *mine = raw + (s.first + static_cast<std::int64_t>(i) * s.n_parameters()) * batch;
    const std::int64_t row = s.rows[i] * batch;
    prepare(s, direction, batch, tile, x + row, mine, false, w);
    double theta[kLanes], out[kLanes], log_slope[kLanes], rotation[kLanes] = {};
    if (s.circular) load_lanes(mine, tile, rotation);
    const Bin &b = w.bin;
    const bool inverse = direction == Direction::inverse;
    positions(w, inverse, theta);
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double slope = b.height[l] / b.width[l], rest = 1.0 - theta[l], mixed = theta[l] * rest;
      const double denominator = slope + (b.d0[l] + b.d1[l] - 2.0 * slope) * mixed, ratio = slope / denominator;
      const double numerator = b.d1[l] * theta[l] * theta[l] + 2.0 * slope * mixed + b.d0[l] * rest * rest;
      log_slope[l] = ::log(ratio * ratio * numerator);
      const double y_in = b.y0[l] + b.height[l] * (slope * theta[l] * theta[l] + b.d0[l] * mixed) / denominator;
      const double x_in = b.x0[l] + b.width[l] * theta[l];
      out[l] = inverse ? x_in : y_in;
    }
    finish(s, inverse, w, rotation, out, log_slope);
    const double sign = inverse ? -1.0 : 1.0;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) sum[l] += sign * log_slope[l];
    store_lanes(out, tile, y + row);
  }
  store_lanes(sum, tile, log_det);
}

// Derivatives by the corner, the sizes and the end slopes of a bin, and by the value in it.
struct BinGradient {
  double value[kLanes], x0[kLanes], width[kLanes], y0[kLanes], height[kLanes], d0[kLanes], d1[kLanes];
};

CGFLOW_INLINE void pull_back_formula(const RqSplines &s, bool inverse, const Work &w, const double *gy, const double *gl,
                                     BinGradient &g)
{
  const Bin &b = w.bin;
  const double end = s.circular ? 1e300 : s.half_width;
  double position[kLanes];
  positions(w, inverse, position);
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    const double width = b.width[l], height = b.height[l], d0 = b.d0[l], d1 = b.d1[l], slope = height / width;
    const double theta = position[l], rest = 1.0 - theta, mixed = theta * rest, tilt = 1.0 - 2.0 * theta;
    const double curvature = d0 + d1 - 2.0 * slope, denominator = slope + curvature * mixed;
    const double numerator = slope * theta * theta + d0 * mixed;
    const double square = d1 * theta * theta + 2.0 * slope * mixed + d0 * rest * rest;
    // The inverse follows from the implicit function: dx = (dy - dy/dp dp) / (dy/dx), and ln |dx/dy| = -ln |dy/dx|.
    const double log_by_theta =
        2.0 * (d1 * theta - d0 * rest + slope * tilt) / square - 2.0 * curvature * tilt / denominator;
    const double ratio = slope / denominator, derivative = ratio * ratio * square;
    const double back = (gy[l] - gl[l] * log_by_theta / width) / derivative;
    const double g_value = inverse ? -back : gy[l], g_log = inverse ? -gl[l] : gl[l];
    // Backward through y = y0 + height numerator / denominator and through the logarithm.
    const double g_numerator = g_value * height / denominator;
    const double g_denominator = -g_numerator * numerator / denominator - 2.0 * g_log / denominator;
    const double g_square = g_log / square;
    const double g_mixed = g_square * 2.0 * slope + g_numerator * d0 + g_denominator * curvature;
    const double g_theta = 2.0 * g_square * (d1 * theta - d0 * rest) + 2.0 * g_numerator * slope * theta + g_mixed * tilt;
    const double g_slope =
        2.0 * g_log / slope + 2.0 * g_square * mixed + g_numerator * theta * theta + g_denominator * (1.0 - 2.0 * mixed);
    const bool inside = w.given[l] >= -end && w.given[l] <= end;
    const double on = inside ? 1.0 : 0.0;
    g.value[l] = inside ? (inverse ? back : g_theta / width) : gy[l];
    g.x0[l] = inside ? -g_theta / width : 0.0;
    g.width[l] = inside ? -(g_theta * theta + g_slope * slope) / width : 0.0;
    g.y0[l] = inside ? g_value : 0.0;
    g.height[l] = inside ? g_value * numerator / denominator + g_slope / width : 0.0;
    g.d0[l] = on * (g_square * rest * rest + (g_numerator + g_denominator) * mixed);
    g.d1[l] = on * (g_square * theta * theta + g_denominator * mixed);
  }
}

// From the derivatives by the lower knot and the size of the bin to those by the raw parameters of all bins.
template <class Raw>
CGFLOW_INLINE void pull_back_axis(const RqSplines &s, double least, const Axis &axis, const Lanes *slopes, const Bin &bin,
                                  const double *g_low, const double *g_size, std::int64_t batch, const Tile &tile, Raw *graw)
{
  const double scale = 2.0 * s.half_width * (1.0 - least * s.bins), bins = s.bins;
  double before[kLanes], here[kLanes], inverse_sum[kLanes], mean[kLanes];
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    // The size of a bin is the difference of its knots, and the last knot is fixed.
    here[l] = bin.index[l] + 1.0 < bins ? scale * g_size[l] : 0.0;
    before[l] = scale * (g_low[l] - g_size[l]) + here[l];
    inverse_sum[l] = 1.0 / axis.sum.v[l];
    mean[l] = 0.0;
  }
  for (int k = 0; k < s.bins; ++k) {
    const double *e = axis.exponential[k].v;
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double g = k < bin.index[l] ? before[l] : (k == bin.index[l] ? here[l] : 0.0);
      mean[l] += e[l] * inverse_sum[l] * g;
    }
  }
  for (int k = 0; k < s.bins; ++k) {
    const double *e = axis.exponential[k].v;
    double out[kLanes];
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) {
      const double g = k < bin.index[l] ? before[l] : (k == bin.index[l] ? here[l] : 0.0);
      out[l] = e[l] * inverse_sum[l] * (g - mean[l]) * slopes[k].v[l];
    }
    store_lanes(out, tile, graw + k * batch);
  }
}

template <class Raw>
CGFLOW_INLINE void pull_back_tile(const RqSplines &s, Direction direction, std::int64_t batch, const Tile &tile,
                                  const double *x, const Raw *raw, const double *gy, const double *g_log_det, double *gx,
                                  Raw *graw)
{
  Work w;
  BinGradient g;
  double g_out[kLanes], g_log[kLanes];
  load_lanes(g_log_det, tile, g_log);
  const bool inverse = direction == Direction::inverse;
  for (int i = 0; i < s.n; ++i) {
    const std::int64_t first = (s.first + static_cast<std::int64_t>(i) * s.n_parameters()) * batch;
    const std::int64_t row = s.rows[i] * batch;
    prepare(s, direction, batch, tile, x + row, raw + first, graw != nullptr, w);
    load_lanes(gy + row, tile, g_out);
    pull_back_formula(s, inverse, w, g_out, g_log, g);
    store_lanes(g.value, tile, gx + row);
    if (!graw) continue;
    Raw *out = graw + first;
    if (s.circular) {
      double rotation[kLanes];
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) rotation[l] = inverse ? -g.value[l] : g_out[l];
      store_lanes(rotation, tile, out);
      out += batch;
    }
    pull_back_axis(s, kMinBinWidth, w.x, w.slope_x, w.bin, g.x0, g.width, batch, tile, out);
    out += s.bins * batch;
    pull_back_axis(s, kMinBinHeight, w.y, w.slope_y, w.bin, g.y0, g.height, batch, tile, out);
    out += s.bins * batch;
    const int rows = s.circular ? s.bins : s.bins - 1;
    for (int k = 0; k < rows; ++k) {
      double part[kLanes];
#pragma omp simd
      for (int l = 0; l < kLanes; ++l)
        part[l] = (w.row0[l] == k ? g.d0[l] * w.bin.slope0[l] : 0.0) + (w.row1[l] == k ? g.d1[l] * w.bin.slope1[l] : 0.0);
      store_lanes(part, tile, out + k * batch);
    }
  }
}

// The compiler makes clones of functions, but not of templates.
CGFLOW_CLONES void map_tile_of(const RqSplines &s, Direction d, std::int64_t batch, const Tile &tile, const double *x,
                               const double *raw, double *y, double *log_det)
{
  map_tile(s, d, batch, tile, x, raw, y, log_det);
}
CGFLOW_CLONES void map_tile_of(const RqSplines &s, Direction d, std::int64_t batch, const Tile &tile, const double *x,
                               const float *raw, double *y, double *log_det)
{
  map_tile(s, d, batch, tile, x, raw, y, log_det);
}
CGFLOW_CLONES void pull_back_tile_of(const RqSplines &s, Direction d, std::int64_t batch, const Tile &tile, const double *x,
                                     const double *raw, const double *gy, const double *gl, double *gx, double *graw)
{
  pull_back_tile(s, d, batch, tile, x, raw, gy, gl, gx, graw);
}
CGFLOW_CLONES void pull_back_tile_of(const RqSplines &s, Direction d, std::int64_t batch, const Tile &tile, const double *x,
                                     const float *raw, const double *gy, const double *gl, double *gx, float *graw)
{
  pull_back_tile(s, d, batch, tile, x, raw, gy, gl, gx, graw);
}

}    // namespace

template <class Raw>
void map_rq_splines(const RqSplines &splines, Direction direction, std::int64_t batch, const double *x, const Raw *raw,
                    double *y, double *log_det)
{
  for_each_tile("cgflow::rq_splines", batch,
                [=](const Tile &tile) { map_tile_of(splines, direction, batch, tile, x, raw, y, log_det); });
}

template <class Raw>
void pull_back_rq_splines(const RqSplines &splines, Direction direction, std::int64_t batch, const double *x, const Raw *raw,
                          const double *gy, const double *g_log_det, double *gx, Raw *graw)
{
  for_each_tile("cgflow::rq_splines_back", batch, [=](const Tile &tile) {
    pull_back_tile_of(splines, direction, batch, tile, x, raw, gy, g_log_det, gx, graw);
  });
}

template void map_rq_splines<double>(const RqSplines &, Direction, std::int64_t, const double *, const double *, double *,
                                     double *);
template void map_rq_splines<float>(const RqSplines &, Direction, std::int64_t, const double *, const float *, double *,
                                    double *);
template void pull_back_rq_splines<double>(const RqSplines &, Direction, std::int64_t, const double *, const double *,
                                           const double *, const double *, double *, double *);
template void pull_back_rq_splines<float>(const RqSplines &, Direction, std::int64_t, const double *, const float *,
                                          const double *, const double *, double *, float *);

}    // namespace cgflow::kernels
