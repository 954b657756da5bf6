# SPDX-License-Identifier: Apache-2.0
# bpf_object(<name> SOURCES <file.bpf.c>...)
#
# Compiles each source with clang, links them to one object with `bpftool gen object` and makes the INTERFACE target
# <name>_skeleton, which carries <name>.skel.h. Headers are tracked by -MD, so editing one rebuilds the object. Nothing
# of the running kernel is read: the types come from bpf/lib/kernel_types.h and are relocated at load (CO-RE).
find_program(BPF_CLANG NAMES clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(BPF_TARGET_ARCH arm64)
else()
  set(BPF_TARGET_ARCH x86)
endif()

function(bpf_object name)
  cmake_parse_arguments(BPF "" "" "SOURCES" ${ARGN})
  set(objects)
  foreach(source ${BPF_SOURCES})
    get_filename_component(stem ${source} NAME_WE)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.${stem}.bpf.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND
        ${BPF_CLANG} -target bpf -mcpu=v3 -D__TARGET_ARCH_${BPF_TARGET_ARCH} -O2 -g -std=gnu11 -Wall -Wextra -Werror
        -Wno-unused-parameter -I${PROJECT_SOURCE_DIR}/bpf -I${PROJECT_SOURCE_DIR}/include
        -idirafter ${CMAKE_SYSROOT}/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -MD -MF ${object}.d -c
        ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${source}
      DEPFILE ${object}.d
      COMMENT "BPF ${source}")
    list(APPEND objects ${object})
  endforeach()

  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(skeleton ${CMAKE_CURRENT_BINARY_DIR}/include/${name}.skel.h)
  add_custom_command(
    OUTPUT ${linked} ${skeleton}
    COMMAND ${BPFTOOL} gen object ${linked} ${objects}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/include
    COMMAND ${BPFTOOL} gen skeleton ${linked} name ${name} > ${skeleton}
    DEPENDS ${objects}
    COMMENT "BPF skeleton ${name}")
  add_custom_target(${name}_skeleton_file DEPENDS ${skeleton})
  add_library(${name}_skeleton INTERFACE)
  add_dependencies(${name}_skeleton ${name}_skeleton_file)
  # SYSTEM: the generated code does not compile under our warnings
  target_include_directories(${name}_skeleton SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/include)
endfunction()
