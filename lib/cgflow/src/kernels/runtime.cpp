// SPDX-License-Identifier: GPL-2.0-only
#include "runtime.h"

#include <Kokkos_Core.hpp>

#include <cstdlib>

namespace cgflow::kernels {

namespace {
void finalise_ours()
{
  if (Kokkos::is_initialized()) Kokkos::finalize();
}
}    // namespace

void ensure_runtime()
{
  if (Kokkos::is_initialized()) return;
  Kokkos::initialize();
  // Kokkos refuses a second start after its end, so this runs once a process.
  std::atexit(finalise_ours);
}

}    // namespace cgflow::kernels
