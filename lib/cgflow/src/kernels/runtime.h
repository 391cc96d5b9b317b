// SPDX-License-Identifier: GPL-2.0-only
// Threads of kernels. Only runtime.cpp includes Kokkos: a Kokkos with CUDA needs its own compiler for each source that
// includes it, and that compiler supports neither function clones nor the vector functions of the C library.
#ifndef CGFLOW_KERNELS_RUNTIME_H
#define CGFLOW_KERNELS_RUNTIME_H

#include <cstdint>

namespace cgflow::kernels {

/// Initializes Kokkos unless it is running, with as many threads as the host program has asked OpenMP for by then, and
/// finalizes it at exit. A Kokkos that the host program (LAMMPS with its KOKKOS package) has started is left alone. May be
/// called any number of times. Throws std::runtime_error when Kokkos needs a device and there is none.
void ensure_runtime();

/// Name of the host backend of Kokkos, which runs all kernels: "Serial", "OpenMP" or "Threads".
const char *backend();

/// Number of threads that kernels of this process use. Calls ensure_runtime().
int threads();

/// Divides 0 ... n - 1 into at most threads() consecutive parts and calls part(body, first, end) for each, in parallel. Each
/// part has at least `least` members, unless there is one part.
void share_out(const char *name, std::int64_t n, std::int64_t least, void (*part)(const void *, std::int64_t, std::int64_t),
               const void *body);

/// Calls body(first, end) for parts as above. `least` members should be ten microseconds of work: threads that wait for each
/// other cost as much at best, and a thousand times as much where they share a core. The boundaries of the parts depend on
/// the number of threads. The result for a member must not depend on them.
template <class Body> void for_each_part(const char *name, std::int64_t n, std::int64_t least, const Body &body)
{
  share_out(
      name, n, least,
      [](const void *b, std::int64_t first, std::int64_t end) { (*static_cast<const Body *>(b))(first, end); }, &body);
}

}    // namespace cgflow::kernels

#endif
