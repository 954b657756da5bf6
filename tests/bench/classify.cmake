# SPDX-License-Identifier: Apache-2.0
# bench_classify: lookups by name and by address, for a build of type RelWithDebInfo. Run by hand, never a test.
add_executable(bench_classify classify.cpp)
target_include_directories(bench_classify PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_classify PRIVATE egresswatch_classify egresswatch_config)

# bench_service_tags: what it costs to read a Service Tags file.
add_executable(bench_service_tags service_tags.cpp)
target_link_libraries(bench_service_tags PRIVATE egresswatch_classify egresswatch_config)
