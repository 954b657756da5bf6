# SPDX-License-Identifier: Apache-2.0
# What tests/bench/run needs to put the daemon under load.
add_executable(bench_storm storm/main.cpp storm/client.cpp storm/server.cpp)
target_include_directories(bench_storm PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_storm PRIVATE egresswatch_base)

add_executable(bench_grow_recording grow_recording.cpp)
target_include_directories(bench_grow_recording PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_grow_recording PRIVATE egresswatch_flags)

add_executable(bench_load_recording load_recording.cpp)
target_include_directories(bench_load_recording PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_load_recording PRIVATE egresswatch_base)

add_library(bench_count_allocations MODULE count_allocations.cpp)
target_link_libraries(bench_count_allocations PRIVATE egresswatch_flags)
