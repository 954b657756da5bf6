# SPDX-License-Identifier: Apache-2.0
# egresswatch_module(<name> SOURCES <file>... [LINK <target>...])
#
# One static library per folder of daemon/. What it links is what it may include: the table is in ARCHITECTURE.md and
# tests/check/include_table holds it.
function(egresswatch_module name)
  cmake_parse_arguments(MODULE "" "" "SOURCES;LINK" ${ARGN})
  add_library(egresswatch_${name} STATIC ${MODULE_SOURCES})
  target_link_libraries(egresswatch_${name} PUBLIC egresswatch_flags ${MODULE_LINK})
endfunction()
