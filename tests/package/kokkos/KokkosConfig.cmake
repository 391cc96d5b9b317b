# SPDX-License-Identifier: GPL-2.0-only
# Stands in for a Kokkos of the version that LAMMPS asks for: enough to configure with, nothing to compile with.
set(Kokkos_FOUND TRUE)
if(NOT TARGET Kokkos::kokkos)
  add_library(Kokkos::kokkos INTERFACE IMPORTED)
  set_target_properties(Kokkos::kokkos PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_CURRENT_LIST_DIR}/include")
endif()
