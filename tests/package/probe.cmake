# SPDX-License-Identifier: GPL-2.0-only
# fix cgflow/al/probe of tests/lammps as a further part of LAMMPS, for the tests that need it: -D CMAKE_PROJECT_INCLUDE=<this>.
if(NOT PROJECT_NAME STREQUAL lammps)
  return()
endif()
include("${CMAKE_CURRENT_SOURCE_DIR}/Modules/StyleHeaderUtils.cmake")
get_filename_component(PROBE_DIR "${CMAKE_CURRENT_LIST_DIR}/../lammps/probe" ABSOLUTE)
RegisterStyles("${PROBE_DIR}")
cmake_language(DEFER CALL add_probe)

function(add_probe)
  add_library(probe OBJECT "${PROBE_DIR}/fix_cgflow_al_probe.cpp")
  set_target_properties(probe PROPERTIES CXX_STANDARD 20 POSITION_INDEPENDENT_CODE ON)
  # Names are looked up when all is read: cgflow_styles comes later than this.
  target_include_directories(probe PRIVATE "${PROBE_DIR}" $<TARGET_PROPERTY:cgflow_styles,INCLUDE_DIRECTORIES>)
  target_compile_definitions(probe PRIVATE $<TARGET_PROPERTY:cgflow_styles,COMPILE_DEFINITIONS>)
  target_link_libraries(probe PRIVATE $<TARGET_PROPERTY:cgflow_styles,LINK_LIBRARIES>)
  target_sources(lammps PRIVATE $<TARGET_OBJECTS:probe>)
  target_include_directories(lammps PRIVATE "${PROBE_DIR}")
endfunction()
