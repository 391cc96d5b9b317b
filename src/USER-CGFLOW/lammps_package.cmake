# SPDX-License-Identifier: GPL-2.0-only
# Package mode: the styles as a part of LAMMPS, in LAMMPS' own CMake build. LAMMPS reads it right after project(lammps), either by
#   cmake -D CMAKE_PROJECT_lammps_INCLUDE=<cgflow>/cmake/lammps_package.cmake -D PKG_USER-CGFLOW=on ...
# which modifies no LAMMPS file, or by the line that tools/install-package adds to LAMMPS' CMakeLists.txt.
#   cgflow_DIR           folder of a compiled lib/cgflow (cmake --install, or cgflow's build folder); without it, it is compiled here
#   CGFLOW_PYTHON_ENV, CGFLOW_TORCH   where LibTorch is: lib/cgflow/cmake/CGFlowDependencies.cmake
if(CMAKE_VERSION VERSION_LESS 3.25)
  message(FATAL_ERROR "USER-CGFLOW needs CMake 3.25 or newer, but this is ${CMAKE_VERSION}")
endif()
if(DEFINED CGFLOW_STYLES_DIR)
  message(FATAL_ERROR "USER-CGFLOW is there twice: ${CGFLOW_STYLES_DIR} and ${CMAKE_CURRENT_LIST_DIR}. Leave out "
    "CMAKE_PROJECT_lammps_INCLUDE where the package is installed in LAMMPS' tree (tools/install-package)")
endif()
set(CGFLOW_STYLES_DIR "${CMAKE_CURRENT_LIST_DIR}")
get_filename_component(CGFLOW_LIBRARY_DIR "${CMAKE_CURRENT_LIST_DIR}/../../lib/cgflow" ABSOLUTE)
option(PKG_USER-CGFLOW "Build USER-CGFLOW Package" OFF)

# Called before LAMMPS writes its lists of styles. So LAMMPS writes them once, and files that include them are not compiled again after
# each configuration. From the second list LAMMPS takes the message "is part of the USER-CGFLOW package which is not enabled".
include("${CMAKE_CURRENT_SOURCE_DIR}/Modules/StyleHeaderUtils.cmake")
if(PKG_USER-CGFLOW)
  RegisterStyles("${CGFLOW_STYLES_DIR}")
endif()
RegisterPackages("${CGFLOW_STYLES_DIR}")
cmake_language(DEFER CALL cgflow_add_to_lammps)

# With PKG_KOKKOS, LAMMPS' own Kokkos is used: two of them in one process would share their names but not their state.
function(cgflow_take_lammps_kokkos)
  if(TARGET Kokkos::kokkos)
    return()
  endif()
  add_library(Kokkos::kokkos INTERFACE IMPORTED GLOBAL)
  if(TARGET kokkos)                      # LAMMPS' lib/kokkos
    target_link_libraries(Kokkos::kokkos INTERFACE kokkos)
  elseif(TARGET LAMMPS::KOKKOSCORE)      # DOWNLOAD_KOKKOS
    target_link_libraries(Kokkos::kokkos INTERFACE LAMMPS::KOKKOSCORE)
  else()
    message(FATAL_ERROR "USER-CGFLOW does not find the Kokkos of PKG_KOKKOS: expected a target Kokkos::kokkos or kokkos")
  endif()
endfunction()

# `lmp -h` and `info config` list the packages of LAMMPS' own table. A copy of that table with this package is found first.
function(cgflow_list_package)
  set(folder "${CMAKE_BINARY_DIR}/cgflow_styles")
  file(READ "${LAMMPS_STYLE_HEADERS_DIR}/lmpinstalledpkgs.h" text)
  string(REGEX REPLACE "\n *(NULL|nullptr)\n" "\n  \"USER-CGFLOW\",\n  \\1\n" text "${text}")
  file(CONFIGURE OUTPUT "${folder}/lmpinstalledpkgs.h" CONTENT "${text}" @ONLY)
  target_include_directories(lammps BEFORE PRIVATE "${folder}")
endfunction()

# Called at the end of LAMMPS' CMakeLists.txt, when its targets and those of its other packages exist.
function(cgflow_add_to_lammps)
  get_filename_component(parent "${CGFLOW_STYLES_DIR}" DIRECTORY)
  target_include_directories(lammps PRIVATE "${parent}")    # the list of packages says USER-CGFLOW/fix_cgflow_al.h
  if(NOT PKG_USER-CGFLOW)
    return()
  endif()
  if(PKG_KOKKOS)
    cgflow_take_lammps_kokkos()
  endif()
  if(cgflow_DIR)
    find_package(cgflow CONFIG REQUIRED)
  else()
    include("${CGFLOW_LIBRARY_DIR}/cmake/CGFlowDependencies.cmake")
    include("${CGFLOW_LIBRARY_DIR}/cmake/CGFlowLibrary.cmake")
  endif()

  # Objects of their own, so that C++20 and warnings are for this package alone.
  file(GLOB sources CONFIGURE_DEPENDS "${CGFLOW_STYLES_DIR}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/cgflowplugin[.]cpp$")
  add_library(cgflow_styles OBJECT ${sources})
  set_target_properties(cgflow_styles PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    POSITION_INDEPENDENT_CODE ON)
  target_include_directories(cgflow_styles PRIVATE "${CGFLOW_STYLES_DIR}")
  target_include_directories(cgflow_styles SYSTEM PRIVATE "${LAMMPS_SOURCE_DIR}")
  target_compile_definitions(cgflow_styles PRIVATE $<TARGET_PROPERTY:lammps,COMPILE_DEFINITIONS>)
  target_compile_options(cgflow_styles PRIVATE -Wall -Wextra -Wno-unused-parameter)
  target_link_libraries(cgflow_styles PRIVATE cgflow::cgflow)
  if(BUILD_MPI)
    target_link_libraries(cgflow_styles PRIVATE MPI::MPI_CXX)
  else()
    target_link_libraries(cgflow_styles PRIVATE mpi_stubs)
  endif()

  target_sources(lammps PRIVATE $<TARGET_OBJECTS:cgflow_styles>)
  target_include_directories(lammps PRIVATE "${CGFLOW_STYLES_DIR}")
  # For the link alone: the library's own needs (C++20, its headers) must not become those of all of LAMMPS.
  add_library(cgflow_link INTERFACE)
  set_property(TARGET cgflow_link PROPERTY INTERFACE_LINK_LIBRARIES "$<LINK_ONLY:cgflow::cgflow>")
  target_link_libraries(lammps PRIVATE cgflow_link)
  if(BUILD_SHARED_LIBS)    # LibTorch cannot be unloaded, so neither may what brings it in
    target_link_options(lammps PRIVATE "LINKER:-z,nodelete")
  endif()
  cgflow_list_package()
  message(STATUS "USER-CGFLOW: styles of ${CGFLOW_STYLES_DIR}, LibTorch of ${CGFLOW_TORCH_FOUND}")
endfunction()
