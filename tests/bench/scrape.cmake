# SPDX-License-Identifier: Apache-2.0
# bench_scrape: what /metrics costs with many series, beside prometheus-cpp's serializer.
add_executable(bench_scrape scrape.cpp)
target_include_directories(bench_scrape PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_scrape PRIVATE egresswatch_publish)
