# SPDX-License-Identifier: Apache-2.0
# bench_hot_paths: what `instructions` counts the instructions of.
find_path(VALGRIND_INCLUDE_DIR valgrind/callgrind.h REQUIRED)
add_executable(bench_hot_paths hot_paths.cpp)
target_include_directories(bench_hot_paths PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_include_directories(bench_hot_paths SYSTEM PRIVATE ${VALGRIND_INCLUDE_DIR})
target_compile_definitions(bench_hot_paths PRIVATE EGRESSWATCH_ARCHITECTURE="${CMAKE_SYSTEM_PROCESSOR}")
target_link_libraries(bench_hot_paths PRIVATE egresswatch_app)
