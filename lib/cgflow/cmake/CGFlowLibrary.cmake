# SPDX-License-Identifier: GPL-2.0-only
# The library as a target of the CMakeLists.txt that includes this file: that of lib/cgflow, or LAMMPS' own in package mode,
# which sets other language options and is at its end by then, where it takes no subfolders.

# Kernels need GCC's function versions and its calls of glibc's vector functions. Clang 14 compiles them too, but without
# both: splines take 3 times as long, generalized Born 3 to 6 times.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "cgflow got the compiler ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} (${CMAKE_CXX_COMPILER}), expected GCC "
    "12 or newer: others leave its kernels several times slower. Set -D CMAKE_CXX_COMPILER=g++ in a new build folder")
endif()

get_filename_component(_source "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
file(GLOB_RECURSE CGFLOW_LIB_SOURCES CONFIGURE_DEPENDS "${_source}/src/*.cpp")
# The one source that includes Kokkos is compiled apart, since Kokkos' compile flags, and its compiler where it has CUDA, are
# for this file alone.
set(_kokkos_sources "${_source}/src/kernels/runtime.cpp")
list(REMOVE_ITEM CGFLOW_LIB_SOURCES ${_kokkos_sources})
add_library(cgflow_kokkos OBJECT ${_kokkos_sources})
target_link_libraries(cgflow_kokkos PRIVATE Kokkos::kokkos)
add_library(cgflow STATIC ${CGFLOW_LIB_SOURCES} $<TARGET_OBJECTS:cgflow_kokkos>)
add_library(cgflow::cgflow ALIAS cgflow)
set_target_properties(cgflow cgflow_kokkos PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
  POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_compile_features(cgflow INTERFACE cxx_std_20)
target_include_directories(cgflow
  PUBLIC "$<BUILD_INTERFACE:${_source}/include>" "$<INSTALL_INTERFACE:include>"
  PRIVATE "${_source}/src")
target_link_libraries(cgflow PRIVATE cgflow::torch cgflow::yaml)
set_property(TARGET cgflow APPEND PROPERTY INTERFACE_LINK_LIBRARIES $<LINK_ONLY:Kokkos::kokkos>)
target_compile_options(cgflow PRIVATE -Wall -Wextra $<$<BOOL:${CGFLOW_WARNINGS_AS_ERRORS}>:-Werror>)
if(CGFLOW_KOKKOS_CUDA)
  if(CMAKE_CXX_COMPILER MATCHES "nvcc_wrapper")
    # The other sources run on the host. nvcc would take twice the time and leave the kernels without vector instructions.
    target_compile_options(cgflow PRIVATE --host-only)
  else()
    set_target_properties(cgflow_kokkos PROPERTIES CXX_COMPILER_LAUNCHER "")
    kokkos_compilation(TARGET cgflow_kokkos)
  endif()
else()
  target_compile_options(cgflow_kokkos PRIVATE -Wall -Wextra $<$<BOOL:${CGFLOW_WARNINGS_AS_ERRORS}>:-Werror>)
endif()
# GCC 12 warns falsely of overlapping copies in "text" + std::string (GCC bug 105651, corrected in 13).
target_compile_options(cgflow PRIVATE $<$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>:-Wno-restrict>)
include("${CMAKE_CURRENT_LIST_DIR}/CGFlowKernels.cmake")
set_source_files_properties(${CGFLOW_KERNELS} PROPERTIES COMPILE_OPTIONS "${CGFLOW_KERNEL_OPTIONS}")
