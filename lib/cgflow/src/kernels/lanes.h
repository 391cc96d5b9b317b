// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_LANES_H
#define CGFLOW_KERNELS_LANES_H

#include "vector_math.h"

#include <Kokkos_Core.hpp>

#include <cstdint>

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

/// Part i of a batch.
inline Tile tile_of(std::int64_t i, std::int64_t batch)
{
  const std::int64_t first = i * kLanes, rest = batch - first;
  return {first, rest < kLanes ? static_cast<int>(rest) : kLanes};
}

/// Hands out parts of a work space one after the other, each of so many quantities.
struct LaneSpace {
  double *next;
  CGFLOW_INLINE double *operator()(int quantities)
  {
    double *begin = next;
    next += quantities * kLanes;
    return begin;
  }
};

/// Calls body(tile) for all parts of a batch, on the host space: Serial or OpenMP.
template <class Body> void for_each_tile(const char *name, std::int64_t batch, const Body &body)
{
  using Space = Kokkos::DefaultHostExecutionSpace;
  const std::int64_t tiles = (batch + kLanes - 1) / kLanes;
  Kokkos::parallel_for(name, Kokkos::RangePolicy<Space>(0, tiles), [&](std::int64_t i) { body(tile_of(i, batch)); });
  Space().fence();
}

/// The same with body(tile, space), where space holds `quantities` times kLanes numbers that a thread's tiles use one after the
/// other, so that it stays in the nearest cache.
template <class Body> void for_each_tile(const char *name, std::int64_t batch, std::int64_t quantities, const Body &body)
{
  using Space = Kokkos::DefaultHostExecutionSpace;
  const std::int64_t tiles = (batch + kLanes - 1) / kLanes, threads = Space().concurrency();
  const std::int64_t workers = tiles < threads ? tiles : threads;
  const Kokkos::View<double **, Kokkos::LayoutRight, Space> spaces(
      Kokkos::view_alloc(Kokkos::WithoutInitializing, "cgflow::lanes"), workers, quantities * kLanes);
  Kokkos::parallel_for(name, Kokkos::RangePolicy<Space>(0, workers), [&](std::int64_t worker) {
    double *space = spaces.data() + worker * quantities * kLanes;
    const std::int64_t end = tiles * (worker + 1) / workers;
    for (std::int64_t i = tiles * worker / workers; i < end; ++i) body(tile_of(i, batch), space);
  });
  Space().fence();
}

}    // namespace cgflow::kernels

#endif
