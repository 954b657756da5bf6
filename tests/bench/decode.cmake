# SPDX-License-Identifier: Apache-2.0
# bench_dns_parse: our DNS parser beside glibc, ldns and c-ares, for a build of type RelWithDebInfo. Run by hand, never a test.
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
add_executable(bench_dns_parse dns_parse.cpp)
target_include_directories(bench_dns_parse PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_dns_parse PRIVATE egresswatch_decode PkgConfig::LDNS PkgConfig::CARES resolv)

# bench_client_hello: what a ClientHello costs, from segments to name.
add_executable(bench_client_hello client_hello.cpp)
target_include_directories(bench_client_hello PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_client_hello PRIVATE egresswatch_decode)
