# SPDX-License-Identifier: GPL-2.0-only
# Options of single sources, the same in the plugin and in package mode.
# Loops over pairs: vector instructions without errno, traps or a fixed order of the sums marked in the source.
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/cgflow_generalized_born.cpp" PROPERTIES
  COMPILE_OPTIONS "-O3;-fopenmp-simd;-fno-math-errno;-fno-trapping-math")
