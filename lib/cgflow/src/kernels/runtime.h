// SPDX-License-Identifier: GPL-2.0-only
// How kernels run. The only kernel source that sees Kokkos is runtime.cpp: a Kokkos with CUDA wants its own compiler for whatever
// includes it, and that compiler knows neither clones of functions nor vector functions of the C library.
#ifndef CGFLOW_KERNELS_RUNTIME_H
#define CGFLOW_KERNELS_RUNTIME_H

#include <cstdint>

namespace cgflow::kernels {

/// Makes sure that Kokkos runs. Initialises it when nobody has, and then also finalises it at exit; a Kokkos that a host
/// program (LAMMPS with its KOKKOS package) has started is left alone. Safe to call any number of times. Takes as many threads as the
/// host program has asked OpenMP for by then, never more. Throws std::runtime_error when Kokkos wants a device that is not there.
void ensure_runtime();

/// Kokkos' host backend, where all kernels run: "Serial", "OpenMP" or what else there is.
const char *backend();

/// Threads that kernels of this process use.
int threads();

/// Calls part(body, first, end) for at most threads() parts of 0 ... n - 1, which together are all of it; several only where each has at
/// least `least` members.
void share_out(const char *name, std::int64_t n, std::int64_t least, void (*part)(const void *, std::int64_t, std::int64_t),
               const void *body);

/// Calls body(first, end) likewise. `least` members are some ten microseconds of work: threads that wait for each other cost as much at
/// best, and a thousand times that where they share a core. Where the parts end depends on the number of threads: what is computed for i must not.
template <class Body> void for_each_part(const char *name, std::int64_t n, std::int64_t least, const Body &body)
{
  share_out(
      name, n, least,
      [](const void *b, std::int64_t first, std::int64_t end) { (*static_cast<const Body *>(b))(first, end); }, &body);
}

}    // namespace cgflow::kernels

#endif
