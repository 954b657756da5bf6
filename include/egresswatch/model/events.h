// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/process.h"

// What the kernel saw, typed. decode::decode_record() makes one of these of each record; the meaning of the fields is
// stated in abi/records.h. Times are CLOCK_MONOTONIC nanoseconds.
namespace egresswatch {

using SocketId = std::uint64_t;

struct Tuple {
  Endpoint local;
  Endpoint remote;
  std::uint16_t family = 0;  // of the socket: AF_INET or AF_INET6 (also for a v4-mapped peer)
};

struct TcpAttempt {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint32_t netns = 0;
  Tuple tuple;
  Process process;
};

struct TcpEstablished {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint32_t netns = 0;
  std::uint64_t latency_ns = 0;
  std::uint32_t srtt_us = 0;
  std::uint32_t syn_retransmits = 0;
  Tuple tuple;
};

struct TcpFirstByte {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint64_t sent_ns = 0;  // 0 = the server spoke first
};

struct TcpClosed {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint32_t netns = 0;
  std::uint64_t attempt_ns = 0;
  std::uint64_t established_ns = 0;  // 0 = never
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_acked = 0;
  std::uint64_t bytes_received = 0;
  std::uint32_t retransmits = 0;
  std::uint32_t syn_retransmits = 0;
  std::uint32_t srtt_us = 0;
  int error = 0;
  int error_soft = 0;
  bool rst_received = false;
  bool existed_at_start = false;
  std::uint32_t old_state = 0;   // linux/tcp_states.h
  std::uint8_t icmp_origin = 0;  // 2 ICMP, 3 ICMPv6, 0 = no ICMP error was seen
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  Tuple tuple;
};

struct ConnectFailed {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint64_t attempt_ns = 0;
  std::uint32_t netns = 0;
  int route_error = 0;    // negative errno
  int verdict_error = 0;  // negative errno
  Tuple tuple;
  Process process;
};

struct TcpExisting {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint64_t inode = 0;
  std::uint32_t netns = 0;
  std::uint32_t uid = 0;
  std::uint32_t state = 0;
  Tuple tuple;
};

struct UdpFlow {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::uint32_t netns = 0;
  bool first = false;
  Tuple tuple;
  Process process;
};

struct DnsPacket {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  bool egress = false;  // towards the resolver
  bool tcp = false;
  std::uint32_t tcp_seq = 0;
  std::uint32_t original_length = 0;
  std::span<const std::byte> payload;  // a view into the record
  Tuple tuple;
  Process process;
};

// Totals since attach, from the kernel side.
struct KernelCounters {
  std::array<std::uint64_t, 10> produced{};  // by record type
  std::array<std::uint64_t, 5> lost{};       // by reason
};

using Event = std::variant<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed, ConnectFailed, TcpExisting, UdpFlow,
                           DnsPacket, KernelCounters>;

}  // namespace egresswatch
