// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_LANES_H
#define CGFLOW_KERNELS_LANES_H

#include "runtime.h"
#include "vector_math.h"

#include <cstdint>
#include <new>

namespace cgflow::kernels {

/// A part of a batch: `count` members from `first`, at most kLanes.
struct Tile {
  std::int64_t first;
  int count;
};

/// out[l] = row[first + l]; lanes beyond the count repeat the last member.
template <class T> CGFLOW_INLINE void load_lanes(const T *row, const Tile &tile, double *out)
{
  row += tile.first;
  if (tile.count == kLanes) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) out[l] = static_cast<double>(row[l]);
  } else
    for (int l = 0; l < kLanes; ++l) out[l] = static_cast<double>(row[l < tile.count ? l : tile.count - 1]);
}

template <class T> CGFLOW_INLINE void store_lanes(const double *in, const Tile &tile, T *row)
{
  row += tile.first;
  if (tile.count == kLanes) {
#pragma omp simd
    for (int l = 0; l < kLanes; ++l) row[l] = static_cast<T>(in[l]);
  } else
    for (int l = 0; l < tile.count; ++l) row[l] = static_cast<T>(in[l]);
}

/// Tile i of a batch.
inline Tile tile_of(std::int64_t i, std::int64_t batch)
{
  const std::int64_t first = i * kLanes, rest = batch - first;
  return {first, rest < kLanes ? static_cast<int>(rest) : kLanes};
}

/// Calls body(tile) for all tiles of a batch, on the host's threads.
template <class Body> void for_each_tile(const char *name, std::int64_t batch, const Body &body)
{
  for_each_part(name, (batch + kLanes - 1) / kLanes, 1, [&](std::int64_t i, std::int64_t end) {
    for (; i < end; ++i) body(tile_of(i, batch));
  });
}

/// A buffer of doubles that is not initialized and begins at a cache line.
class LaneSpace {
 public:
  explicit LaneSpace(std::int64_t numbers)
      : data_(static_cast<double *>(::operator new(sizeof(double) * static_cast<std::size_t>(numbers), kLine)))
  {
  }
  ~LaneSpace() { ::operator delete(data_, kLine); }
  LaneSpace(const LaneSpace &) = delete;
  LaneSpace &operator=(const LaneSpace &) = delete;
  double *data() const { return data_; }

 private:
  static constexpr std::align_val_t kLine{64};
  double *data_;
};

/// Hands out consecutive parts of such a buffer, each of `quantities` times kLanes doubles.
struct TakeLanes {
  double *next;
  CGFLOW_INLINE double *operator()(int quantities)
  {
    double *begin = next;
    next += quantities * kLanes;
    return begin;
  }
};

/// Calls body(tile, space) for all tiles. `space` is a buffer of `quantities` times kLanes doubles that all tiles of a
/// thread share, so it stays in the first cache.
template <class Body> void for_each_tile(const char *name, std::int64_t batch, std::int64_t quantities, const Body &body)
{
  for_each_part(name, (batch + kLanes - 1) / kLanes, 1, [&](std::int64_t i, std::int64_t end) {
    const LaneSpace space(quantities * kLanes);
    for (; i < end; ++i) body(tile_of(i, batch), space.data());
  });
}

}    // namespace cgflow::kernels

#endif
