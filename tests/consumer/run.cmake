# SPDX-License-Identifier: GPL-2.0-only
# Installs the library from BUILD to an empty folder, moves that, as users move what they have installed, and builds and runs the
# consumer with it: cmake -D BUILD=... -D SOURCE=... -D FOLDER=... -D YAML=... -P run.cmake
function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text WORKING_DIRECTORY "${FOLDER}")
  if(code)
    message(FATAL_ERROR "${what} failed (${code}):\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
run("Installing" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${FOLDER}/first")
file(RENAME "${FOLDER}/first" "${FOLDER}/moved")
file(GLOB_RECURSE files RELATIVE "${FOLDER}/moved" "${FOLDER}/moved/*")
foreach(file IN LISTS files)
  if(NOT file MATCHES "^(include/cgflow/[a-z_]+[.]h|lib[^ ]*/libcgflow[.]a|lib[^ ]*/cmake/cgflow/[A-Za-z-]+[.]cmake)$")
    message(FATAL_ERROR "installed is also ${file}")
  endif()
endforeach()
run("Configuring the consumer" "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${FOLDER}/build" -D CMAKE_BUILD_TYPE=Release
  "-DCMAKE_PREFIX_PATH=${FOLDER}/moved")
run("Building the consumer" "${CMAKE_COMMAND}" --build "${FOLDER}/build")
run("The consumer" "${FOLDER}/build/consumer" "${YAML}")
if(NOT text STREQUAL "a model of 1 CG variable, s\n")
  message(FATAL_ERROR "The consumer printed '${text}'")
endif()
