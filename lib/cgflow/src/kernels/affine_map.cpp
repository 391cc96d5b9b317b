// SPDX-License-Identifier: GPL-2.0-only
#include "affine_map.h"

#include "lanes.h"

namespace cgflow::kernels {
namespace {

struct Scale {
  double log[kLanes], factor[kLanes], slope[kLanes];    // ln D, D^+-1, d ln D / dr
};

template <class Raw>
CGFLOW_INLINE void load_scale(const AffineMap &map, const Raw *row, const Tile &tile, double sign, Scale &scale)
{
  double r[kLanes];
  load_lanes(row, tile, r);
  const double limit = map.limit, factor = 2.0 / map.limit;
#pragma omp simd
  for (int l = 0; l < kLanes; ++l) {
    const double tanh = 1.0 - 2.0 / (::exp(factor * r[l]) + 1.0);
    scale.log[l] = limit * tanh;
    scale.slope[l] = 1.0 - tanh * tanh;
    scale.factor[l] = ::exp(sign * limit * tanh);
  }
}

// x, y and gx serve as the workspace: a tile's part of their rows is short enough for the first-level cache. `count` is a
// constant for full tiles, so that the loops over it become vector instructions.
template <class Raw> struct Kernel {
  AffineMap map;
  std::int64_t batch;
  const double *x, *y_in;
  const Raw *raw;
  double *y, *log_det;
  const double *gy, *g_log_det;
  double *gx;
  Raw *graw;

  CGFLOW_INLINE const Raw *lower(int i, const Tile &tile) const
  {
    return raw + (map.lower + std::int64_t{i} * (i - 1) / 2) * batch + tile.first;
  }

  CGFLOW_INLINE void forward(const Tile &tile, int count) const
  {
    double sum[kLanes], m[kLanes], v[kLanes], out[kLanes];
    Scale scale;
    load_lanes(log_det, tile, sum);
    for (int i = 0; i < map.n; ++i) {
      load_lanes(x + map.rows[i] * batch, tile, v);
      if (map.mixes) {
        const Raw *l_row = lower(i, tile);
        for (int j = 0; j < i; ++j, l_row += batch) {
          const double *x_j = x + map.rows[j] * batch + tile.first;
#pragma omp simd
          for (int l = 0; l < count; ++l) v[l] += static_cast<double>(l_row[l]) * x_j[l];
        }
      }
      load_lanes(raw + map.step * i * batch, tile, m);
      load_scale(map, raw + (map.step * i + map.scale) * batch, tile, 1.0, scale);
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) {
        out[l] = m[l] + scale.factor[l] * v[l];
        sum[l] += scale.log[l];
      }
      store_lanes(out, tile, y + map.rows[i] * batch);
    }
    store_lanes(sum, tile, log_det);
  }

  CGFLOW_INLINE void inverse(const Tile &tile, int count) const
  {
    double sum[kLanes], m[kLanes], v[kLanes];
    Scale scale;
    load_lanes(log_det, tile, sum);
    for (int i = 0; i < map.n; ++i) {
      load_lanes(x + map.rows[i] * batch, tile, v);
      load_lanes(raw + map.step * i * batch, tile, m);
      load_scale(map, raw + (map.step * i + map.scale) * batch, tile, -1.0, scale);
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) {
        v[l] = (v[l] - m[l]) * scale.factor[l];
        sum[l] -= scale.log[l];
      }
      if (map.mixes) {
        const Raw *l_row = lower(i, tile);
        for (int j = 0; j < i; ++j, l_row += batch) {
          const double *y_j = y + map.rows[j] * batch + tile.first;
#pragma omp simd
          for (int l = 0; l < count; ++l) v[l] -= static_cast<double>(l_row[l]) * y_j[l];
        }
      }
      store_lanes(v, tile, y + map.rows[i] * batch);
    }
    store_lanes(sum, tile, log_det);
  }

  // Derivative by row i of the raw parameters.
  CGFLOW_INLINE void store_raw(const double *values, const Tile &tile, std::int64_t row) const
  {
    store_lanes(values, tile, graw + row * batch);
  }

  // gx_j += f_i L_ij and dL_ij = f_i v_j for j < i; v gains L_ij v_j.
  CGFLOW_INLINE void mix_back(int i, const Tile &tile, int count, const double *other, const double *f, double *v) const
  {
    const Raw *l_row = lower(i, tile);
    Raw *g_row = graw ? graw + (l_row - raw) : nullptr;
    for (int j = 0; j < i; ++j, l_row += batch) {
      const double *v_j = other + map.rows[j] * batch + tile.first;
      double *gx_j = gx + map.rows[j] * batch + tile.first;
      if (g_row) {
#pragma omp simd
        for (int l = 0; l < count; ++l) {
          const auto lower_ij = static_cast<double>(l_row[l]);
          v[l] += lower_ij * v_j[l];
          gx_j[l] += lower_ij * f[l];
          g_row[l] = static_cast<Raw>(f[l] * v_j[l]);
        }
        g_row += batch;
      } else {
#pragma omp simd
        for (int l = 0; l < count; ++l) gx_j[l] += static_cast<double>(l_row[l]) * f[l];
      }
    }
  }

  CGFLOW_INLINE void forward_back(const Tile &tile, int count) const
  {
    double g_sum[kLanes], v[kLanes], g[kLanes], f[kLanes], own[kLanes], g_scale[kLanes];
    Scale scale;
    load_lanes(g_log_det, tile, g_sum);
    const double zero[kLanes] = {};
    for (int i = 0; i < map.n; ++i) store_lanes(zero, tile, gx + map.rows[i] * batch);
    for (int i = 0; i < map.n; ++i) {
      load_lanes(x + map.rows[i] * batch, tile, v);
      load_lanes(gy + map.rows[i] * batch, tile, g);
      load_scale(map, raw + (map.step * i + map.scale) * batch, tile, 1.0, scale);
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) f[l] = g[l] * scale.factor[l];
      load_lanes(gx + map.rows[i] * batch, tile, own);
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) own[l] += f[l];
      store_lanes(own, tile, gx + map.rows[i] * batch);
      if (map.mixes) mix_back(i, tile, count, x, f, v);
      if (!graw) continue;
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) g_scale[l] = (f[l] * v[l] + g_sum[l]) * scale.slope[l];
      store_raw(g, tile, map.step * i);
      store_raw(g_scale, tile, map.step * i + map.scale);
    }
  }

  CGFLOW_INLINE void inverse_back(const Tile &tile, int count) const
  {
    double g_sum[kLanes], v[kLanes], f[kLanes], out[kLanes], g_mean[kLanes], g_scale[kLanes];
    Scale scale;
    load_lanes(g_log_det, tile, g_sum);
    for (int i = 0; i < map.n; ++i) {
      load_lanes(gy + map.rows[i] * batch, tile, f);
      store_lanes(f, tile, gx + map.rows[i] * batch);
    }
    for (int i = map.n - 1; i >= 0; --i) {
      load_lanes(gx + map.rows[i] * batch, tile, out);
      load_lanes(y_in + map.rows[i] * batch, tile, v);
      load_scale(map, raw + (map.step * i + map.scale) * batch, tile, -1.0, scale);
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) f[l] = -out[l];
      if (map.mixes) mix_back(i, tile, count, y_in, f, v);
#pragma omp simd
      for (int l = 0; l < kLanes; ++l) {
        g_scale[l] = -(out[l] * v[l] + g_sum[l]) * scale.slope[l];
        out[l] *= scale.factor[l];
        g_mean[l] = -out[l];
      }
      store_lanes(out, tile, gx + map.rows[i] * batch);
      if (!graw) continue;
      store_raw(g_mean, tile, map.step * i);
      store_raw(g_scale, tile, map.step * i + map.scale);
    }
  }

  CGFLOW_INLINE void run(Direction direction, const Tile &tile, int count) const
  {
    if (gx) {
      if (direction == Direction::forward)
        forward_back(tile, count);
      else
        inverse_back(tile, count);
    } else if (direction == Direction::forward)
      forward(tile, count);
    else
      inverse(tile, count);
  }
};

template <class Raw> CGFLOW_INLINE void run_tile(const Kernel<Raw> &kernel, Direction direction, const Tile &tile)
{
  if (tile.count == kLanes)
    kernel.run(direction, tile, kLanes);
  else
    kernel.run(direction, tile, tile.count);
}

// The compiler makes clones of functions, but not of templates.
CGFLOW_CLONES void run_tile_of(const Kernel<double> &k, Direction d, const Tile &tile) { run_tile(k, d, tile); }
CGFLOW_CLONES void run_tile_of(const Kernel<float> &k, Direction d, const Tile &tile) { run_tile(k, d, tile); }

template <class Raw> void run_all(const char *name, const Kernel<Raw> &kernel, Direction direction)
{
  for_each_tile(name, kernel.batch, [=](const Tile &tile) { run_tile_of(kernel, direction, tile); });
}

}    // namespace

template <class Raw>
void map_affine(const AffineMap &map, Direction direction, std::int64_t batch, const double *x, const Raw *raw, double *y,
                double *log_det)
{
  run_all("cgflow::affine_map", Kernel<Raw>{map, batch, x, nullptr, raw, y, log_det, nullptr, nullptr, nullptr, nullptr},
          direction);
}

template <class Raw>
void pull_back_affine(const AffineMap &map, Direction direction, std::int64_t batch, const double *x, const double *y,
                      const Raw *raw, const double *gy, const double *g_log_det, double *gx, Raw *graw)
{
  run_all("cgflow::affine_map_back", Kernel<Raw>{map, batch, x, y, raw, nullptr, nullptr, gy, g_log_det, gx, graw},
          direction);
}

template void map_affine<double>(const AffineMap &, Direction, std::int64_t, const double *, const double *, double *,
                                 double *);
template void map_affine<float>(const AffineMap &, Direction, std::int64_t, const double *, const float *, double *,
                                double *);
template void pull_back_affine<double>(const AffineMap &, Direction, std::int64_t, const double *, const double *,
                                       const double *, const double *, const double *, double *, double *);
template void pull_back_affine<float>(const AffineMap &, Direction, std::int64_t, const double *, const double *,
                                      const float *, const double *, const double *, double *, float *);

}    // namespace cgflow::kernels
