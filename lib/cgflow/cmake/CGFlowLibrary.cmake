# SPDX-License-Identifier: GPL-2.0-only
# The library as a target of whichever CMakeLists.txt reads this: that of its folder, or LAMMPS' in package mode, which has other
# ideas of the language and of what a library shows, and which is at its end by then and takes no subfolders any more.
get_filename_component(_source "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
file(GLOB_RECURSE CGFLOW_LIB_SOURCES CONFIGURE_DEPENDS "${_source}/src/*.cpp")
# The one source that includes Kokkos, apart: its compile flags, and for a Kokkos with CUDA its compiler, are for this file alone.
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
    # nvcc would see all other sources too, which are the host's: it takes away the kernels' vector instructions and twice the time.
    target_compile_options(cgflow PRIVATE --host-only)
  else()
    set_target_properties(cgflow_kokkos PROPERTIES CXX_COMPILER_LAUNCHER "")
    kokkos_compilation(TARGET cgflow_kokkos)
  endif()
else()
  target_compile_options(cgflow_kokkos PRIVATE -Wall -Wextra $<$<BOOL:${CGFLOW_WARNINGS_AS_ERRORS}>:-Werror>)
endif()
# GCC 12 warns wrongly of overlapping copies in "text" + std::string (GCC bug 105651, mended in 13).
target_compile_options(cgflow PRIVATE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
include("${CMAKE_CURRENT_LIST_DIR}/CGFlowKernels.cmake")
set_source_files_properties(${CGFLOW_KERNELS} PROPERTIES COMPILE_OPTIONS "${CGFLOW_KERNEL_OPTIONS}")
