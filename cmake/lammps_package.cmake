# SPDX-License-Identifier: GPL-2.0-only
# For -D CMAKE_PROJECT_lammps_INCLUDE=<cgflow>/cmake/lammps_package.cmake; the included file describes it.
include("${CMAKE_CURRENT_LIST_DIR}/../src/USER-CGFLOW/lammps_package.cmake")
