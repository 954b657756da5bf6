// SPDX-License-Identifier: Apache-2.0
#include "kernel/expectations.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "capture/features.h"

namespace egresswatch::testing {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::uint64_t cgroup_inode() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    struct stat status {};
    EXPECT_EQ(::stat((capture::find_cgroup2() + line.substr(3)).c_str(), &status), 0);
    return status.st_ino;
  }
  ADD_FAILURE() << "this process is in no control group of version 2";
  return 0;
}

}  // namespace

bool kernel_has(const char* function) {
  static const auto features = capture::KernelFeatures::probe();
  return features && features->has_function(function);
}

// Field 22: see proc(5).
std::uint64_t start_ticks(const std::string& pid) {
  const std::string line = first_line("/proc/" + pid + "/stat");
  // the name, in parentheses, may hold anything; field 3 follows it
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return std::stoull(field);
}

void expect_process(const Process& process, std::uint32_t pid, std::uint64_t ticks, const std::string& name) {
  EXPECT_EQ(process.pid, pid);
  EXPECT_EQ(process.uid, ::getuid());
  const auto ns_per_tick = 1'000'000'000U / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  EXPECT_EQ(process.start_time_ns / ns_per_tick, kernel_has("bpf_get_current_task_btf") ? ticks : 0);
  EXPECT_EQ(process.cgroup_id, cgroup_inode());
  // else the name of the thread, which may be one of the kernel's
  if (kernel_has("bpf_get_current_task_btf")) {
    EXPECT_EQ(process.name(), name);
  }
}

void expect_own_process(const Process& process) {
  expect_process(process, static_cast<std::uint32_t>(::getpid()), start_ticks("self"), first_line("/proc/self/comm"));
}

void expect_tuple(const Tuple& tuple, const Known& known) {
  EXPECT_EQ(tuple.family, known.family);
  EXPECT_EQ(tuple.local.to_string(), known.local.to_string());
  EXPECT_EQ(tuple.remote.to_string(), known.remote.to_string());
}

void expect_attempt(const TcpAttempt& event, const Known& known) {
  EXPECT_GT(event.time_ns, known.begin_ns);
  EXPECT_LT(event.time_ns, known.end_ns);
  EXPECT_EQ(event.socket, known.socket);
  EXPECT_EQ(event.netns, known.netns);
  Known before_port = known;
  before_port.local.port = 0;
  expect_tuple(event.tuple, before_port);
  expect_own_process(event.process);
}

void expect_established(const TcpEstablished& event, const Known& known, const TcpAttempt& attempt) {
  EXPECT_GT(event.time_ns, attempt.time_ns);
  EXPECT_LT(event.time_ns, known.end_ns);
  EXPECT_EQ(event.socket, known.socket);
  EXPECT_EQ(event.netns, known.netns);
  EXPECT_GT(event.latency_ns, 0U);
  EXPECT_LT(event.latency_ns, event.time_ns - known.begin_ns);
  // the round trip of the SYN is within the time from SYN_SENT to ESTABLISHED
  EXPECT_GT(event.srtt_us, 0U);
  EXPECT_LE(event.srtt_us, event.latency_ns / 1000 + 1);
  EXPECT_EQ(event.syn_retransmits, 0U);
  expect_tuple(event.tuple, known);
}

void expect_closed(const TcpClosed& event, const Known& known, const TcpAttempt& attempt,
                   const TcpEstablished* established, const Traffic& traffic, const End& end) {
  EXPECT_GT(event.time_ns, established ? established->time_ns : attempt.time_ns);
  EXPECT_LT(event.time_ns, known.end_ns);
  EXPECT_EQ(event.socket, known.socket);
  EXPECT_EQ(event.netns, known.netns);
  EXPECT_GT(event.attempt_ns, known.begin_ns);
  EXPECT_LE(event.attempt_ns, attempt.time_ns);
  if (established) {
    EXPECT_EQ(event.established_ns, event.attempt_ns + established->latency_ns);
    EXPECT_GT(event.srtt_us, 0U);
  } else {
    EXPECT_EQ(event.established_ns, 0U);
    EXPECT_EQ(event.srtt_us, 0U);
  }
  EXPECT_EQ(event.bytes_sent, traffic.sent);
  EXPECT_EQ(event.bytes_acked, traffic.acked);
  EXPECT_EQ(event.bytes_received, traffic.received);
  EXPECT_EQ(event.retransmits, 0U);
  EXPECT_EQ(event.syn_retransmits, end.syn_retransmits);
  EXPECT_EQ(event.error, end.error);
  EXPECT_EQ(event.error_soft, end.error_soft);
  EXPECT_EQ(event.rst_received, end.rst_received);
  EXPECT_FALSE(event.existed_at_start);
  EXPECT_EQ(event.old_state, end.old_state);
  EXPECT_EQ(event.icmp_origin, end.icmp_origin);
  EXPECT_EQ(event.icmp_type, end.icmp_type);
  EXPECT_EQ(event.icmp_code, end.icmp_code);
  expect_tuple(event.tuple, known);
}

}  // namespace egresswatch::testing
