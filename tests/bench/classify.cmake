# SPDX-License-Identifier: Apache-2.0
# bench_classify: lookups by name and by address, for a build of type RelWithDebInfo. Run by hand, never a test.
add_executable(bench_classify classify.cpp)
target_link_libraries(bench_classify PRIVATE egresswatch_classify egresswatch_config)
