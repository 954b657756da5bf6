# SPDX-License-Identifier: Apache-2.0
# bench_noop and bench_packets: programs that do nothing, to hold ours against.
include(BpfObject)
bpf_object(noop SOURCES bpf/noop.bpf.c)

add_executable(bench_noop noop.cpp)
target_link_libraries(bench_noop PRIVATE egresswatch_capture noop_skeleton)

add_executable(bench_packets packets.cpp)
target_include_directories(bench_packets PRIVATE ${PROJECT_SOURCE_DIR}/tests)
target_link_libraries(bench_packets PRIVATE egresswatch_capture core_skeleton noop_skeleton)
