# SPDX-License-Identifier: Apache-2.0
# One INTERFACE target carries every flag, so that no directory inherits one by accident.
add_library(egresswatch_flags INTERFACE)
target_compile_features(egresswatch_flags INTERFACE cxx_std_20)
target_compile_options(
  egresswatch_flags
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wconversion
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Werror)
target_include_directories(egresswatch_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/daemon)

if(EGRESSWATCH_SANITIZE)
  target_compile_options(egresswatch_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                                     -fno-omit-frame-pointer)
  target_link_options(egresswatch_flags INTERFACE -fsanitize=address,undefined)
endif()
