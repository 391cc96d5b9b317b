// SPDX-License-Identifier: GPL-2.0-only
#include "runtime.h"

#include <Kokkos_Core.hpp>

#include <cstdlib>
#ifdef KOKKOS_ENABLE_OPENMP
#include <omp.h>
#endif
#ifdef KOKKOS_ENABLE_CUDA
#include <stdexcept>
#include <string>
#endif

namespace cgflow::kernels {

namespace {
using Space = Kokkos::DefaultHostExecutionSpace;

void finalize_ours()
{
  if (Kokkos::is_initialized()) Kokkos::finalize();
}

// By default each rank's Kokkos would take all cores where OMP_NUM_THREADS is not set. LAMMPS sets the number for OpenMP
// that its user asked for by this variable, -pk omp or the package command, and otherwise 1.
int threads_asked_for()
{
#ifdef KOKKOS_ENABLE_OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

// Without a device Kokkos would end the process, with a message that names neither this library nor a remedy.
void require_device()
{
#ifdef KOKKOS_ENABLE_CUDA
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error != cudaSuccess || devices == 0)
    throw std::runtime_error(std::string("cgflow is built with a Kokkos that starts CUDA, and there is no GPU (") +
                             cudaGetErrorString(error) + "); expected one, or a cgflow built with a Kokkos without CUDA");
#endif
}
}    // namespace

void ensure_runtime()
{
  if (Kokkos::is_initialized()) return;
  require_device();
  // Warnings are disabled: all ranks would print them to the screen, mostly about the pinning of threads, which is the
  // user's choice.
#if KOKKOS_VERSION >= 30700
  Kokkos::initialize(Kokkos::InitializationSettings().set_num_threads(threads_asked_for()).set_disable_warnings(true));
#else
  Kokkos::InitArguments arguments;
  arguments.num_threads = threads_asked_for();
  arguments.disable_warnings = true;
  Kokkos::initialize(arguments);
#endif
  // Kokkos cannot be initialized again after it was finalized, so this happens at the end of the process.
  std::atexit(finalize_ours);
}

const char *backend() { return Space::name(); }

int threads()
{
  ensure_runtime();
  return static_cast<int>(Space().concurrency());
}

void share_out(const char *name, std::int64_t n, std::int64_t least, void (*part)(const void *, std::int64_t, std::int64_t),
               const void *body)
{
  const std::int64_t most = threads(), wanted = n / least, parts = wanted < most ? wanted : most;
  if (parts <= 1) {    // without Kokkos, which would wake all threads for the work of one
    if (n > 0) part(body, 0, n);
    return;
  }
  Kokkos::parallel_for(name, Kokkos::RangePolicy<Space>(0, parts),
                       [=](std::int64_t i) { part(body, n * i / parts, n * (i + 1) / parts); });
  Space().fence();
}

}    // namespace cgflow::kernels
