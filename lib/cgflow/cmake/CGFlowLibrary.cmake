# The library as a target of whichever CMakeLists.txt reads this: that of its folder, or LAMMPS' in package mode, which has other
# ideas of the language and of what a library shows, and which is at its end by then and takes no subfolders any more.
get_filename_component(_source "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
file(GLOB_RECURSE CGFLOW_LIB_SOURCES CONFIGURE_DEPENDS "${_source}/src/*.cpp")
add_library(cgflow STATIC ${CGFLOW_LIB_SOURCES})
add_library(cgflow::cgflow ALIAS cgflow)
set_target_properties(cgflow PROPERTIES CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
  POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
target_compile_features(cgflow INTERFACE cxx_std_20)
target_include_directories(cgflow
  PUBLIC "$<BUILD_INTERFACE:${_source}/include>" "$<INSTALL_INTERFACE:include>"
  PRIVATE "${_source}/src")
target_link_libraries(cgflow PRIVATE cgflow::torch Kokkos::kokkos cgflow::yaml)
target_compile_options(cgflow PRIVATE -Wall -Wextra $<$<BOOL:${CGFLOW_WARNINGS_AS_ERRORS}>:-Werror>)
# GCC 12 warns wrongly of overlapping copies in "text" + std::string (GCC bug 105651, mended in 13).
target_compile_options(cgflow PRIVATE
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
# Loops over lanes become vector instructions. None of these changes a result: errno is not read, and no floating-point
# exception is trapped. The instructions are the plain ones of the machine's baseline and, where a kernel has clones of its
# functions (kernels/vector_math.h), those that are found when the program is loaded.
file(GLOB CGFLOW_KERNELS CONFIGURE_DEPENDS "${_source}/src/kernels/*.cpp")
set_source_files_properties(${CGFLOW_KERNELS} PROPERTIES COMPILE_OPTIONS
  "$<$<CXX_COMPILER_ID:GNU>:-O3;-fopenmp-simd;-fno-math-errno;-fno-trapping-math>")
