# SPDX-License-Identifier: GPL-2.0-only
# Sources of the kernels and the options that they are compiled with, for the library and for tests/kernels:
#   CGFLOW_KERNELS          all but runtime.cpp, the one that includes Kokkos
#   CGFLOW_KERNEL_OPTIONS   make vector instructions of loops over lanes. None changes a result: errno is not read, no floating-point
#                           exception is trapped, and no sum is reordered that the source does not mark.
get_filename_component(_kernels "${CMAKE_CURRENT_LIST_DIR}/../src/kernels" ABSOLUTE)
file(GLOB CGFLOW_KERNELS CONFIGURE_DEPENDS "${_kernels}/*.cpp")
list(REMOVE_ITEM CGFLOW_KERNELS "${_kernels}/runtime.cpp")
set(CGFLOW_KERNEL_OPTIONS -O3 -fopenmp-simd -fno-math-errno -fno-trapping-math)
