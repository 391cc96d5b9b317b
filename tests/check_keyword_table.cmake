# SPDX-License-Identifier: GPL-2.0-only
# The manual's table of YAML keys is what the program prints now.
execute_process(COMMAND "${PROGRAM}" OUTPUT_VARIABLE _printed RESULT_VARIABLE _result)
if(NOT _result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} failed: ${_result}")
endif()
file(READ "${SOURCE_DIR}/doc/yaml_keywords.inc" _written)
if(NOT _printed STREQUAL _written)
  message(FATAL_ERROR "doc/yaml_keywords.inc is not up to date: run ${PROGRAM} > doc/yaml_keywords.inc")
endif()
file(READ "${SOURCE_DIR}/doc/yaml_reference.rst" _page)
if(NOT _page MATCHES "\n.. include:: yaml_keywords.inc\n")
  message(FATAL_ERROR "doc/yaml_reference.rst does not include yaml_keywords.inc")
endif()
