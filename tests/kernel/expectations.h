// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "egresswatch/model/events.h"

namespace egresswatch::testing {

// linux/tcp_states.h
enum TcpState : std::uint32_t {
  kEstablished = 1,
  kSynSent = 2,
  kFinWait1 = 4,
  kFinWait2 = 5,
  kClose = 7,
  kCloseWait = 8,
  kLastAck = 9,
};

// What a test knows of a connection without the programs.
struct Known {
  SocketId socket = 0;
  std::uint32_t netns = 0;
  std::uint16_t family = 0;  // of the socket
  Endpoint local;
  Endpoint remote;
  std::uint64_t begin_ns = 0;  // before connect()
  std::uint64_t end_ns = 0;    // when nothing can happen any more
};

// For what the oldest kernels cannot do: bpf/README.md.
bool kernel_has(const char* function);

// This process, as /proc has it.
void expect_own_process(const Process& process);
// A child in the same control group and of the same user. `ticks` is its start_ticks().
void expect_process(const Process& process, std::uint32_t pid, std::uint64_t ticks, const std::string& name);
// When a process started, as in /proc/<pid>/stat. `pid` may be "self".
std::uint64_t start_ticks(const std::string& pid);

void expect_tuple(const Tuple& tuple, const Known& known);

// Of a socket that is not bound to a port.
void expect_attempt(const TcpAttempt& event, const Known& known);
void expect_established(const TcpEstablished& event, const Known& known, const TcpAttempt& attempt);

// What a connection did before it closed.
struct Traffic {
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;
  std::uint64_t received = 0;
};
// How it closed.
struct End {
  std::uint32_t old_state = 0;
  int error = 0;
  int error_soft = 0;
  bool rst_received = false;
  std::uint32_t syn_retransmits = 0;
  std::uint8_t icmp_origin = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
};
// `established` is null if it never was.
void expect_closed(const TcpClosed& event, const Known& known, const TcpAttempt& attempt,
                   const TcpEstablished* established, const Traffic& traffic, const End& end);

}  // namespace egresswatch::testing
