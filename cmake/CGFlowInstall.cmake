# SPDX-License-Identifier: GPL-2.0-only
# cmake --install BUILD --prefix PREFIX installs lib/cgflow for other programs, which find it by find_package(cgflow CONFIG).
# A LAMMPS that is built with the package finds it in the build folder, too (cgflow_DIR).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(_config "${CMAKE_INSTALL_LIBDIR}/cmake/cgflow")
install(TARGETS cgflow EXPORT cgflowTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY lib/cgflow/include/cgflow DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(EXPORT cgflowTargets NAMESPACE cgflow:: DESTINATION "${_config}")
export(EXPORT cgflowTargets NAMESPACE cgflow:: FILE "${PROJECT_BINARY_DIR}/cgflowTargets.cmake")

configure_file(cmake/cgflowConfig.cmake.in cgflowConfig.cmake @ONLY)
configure_file(lib/cgflow/cmake/CGFlowDependencies.cmake CGFlowDependencies.cmake COPYONLY)
write_basic_package_version_file(cgflowConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cgflowConfig.cmake" "${PROJECT_BINARY_DIR}/cgflowConfigVersion.cmake"
  lib/cgflow/cmake/CGFlowDependencies.cmake DESTINATION "${_config}")
