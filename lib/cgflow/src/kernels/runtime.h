// SPDX-License-Identifier: GPL-2.0-only
#ifndef CGFLOW_KERNELS_RUNTIME_H
#define CGFLOW_KERNELS_RUNTIME_H

namespace cgflow::kernels {

/// Makes sure that Kokkos runs. Initialises it when nobody has, and then also finalises it at exit; a Kokkos that a host
/// program (LAMMPS with its KOKKOS package) has started is left alone. Safe to call any number of times.
void ensure_runtime();

}    // namespace cgflow::kernels

#endif
