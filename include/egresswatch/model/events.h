// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "egresswatch/model/ip_address.h"
#include "egresswatch/model/process.h"
#include "egresswatch/model/protocol.h"

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
  std::uint32_t length = 0;   // payload of the segment
  std::uint32_t head_length = 0;
  std::array<std::byte, 32> head{};  // the first bytes received

  [[nodiscard]] std::span<const std::byte> received() const { return std::span(head).first(head_length); }
};

// A piece of what the client sent first, in TLS or HTTP.
struct TcpPayload {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint32_t offset = 0;            // of the first byte, in what the client sent
  std::uint32_t original_length = 0;   // payload of the segment
  std::span<const std::byte> payload;  // a view into the record; the beginning of the segment
};

struct TcpRetransmit {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint64_t idle_ns = 0;
  std::uint32_t count = 0;
  std::uint32_t state = 0;  // linux/tcp_states.h
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
  std::uint64_t first_sent_ns = 0;
  std::uint64_t first_received_ns = 0;
  std::uint64_t idle_ns = 0;
  std::uint32_t unacked_bytes = 0;
  std::uint32_t stalled_retransmits = 0;
  std::uint32_t dropped_out = 0;
  std::uint32_t dropped_out_reason = 0;
  std::uint32_t dropped_in = 0;
  std::uint32_t dropped_in_reason = 0;
};

// The client hangs up while it waits; what is known by then.
struct TcpClosing {
  TcpClosed now;
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

// Packets sent by one socket to one destination by one protocol: everything that no TCP socket sends.
struct Flow {
  std::uint64_t time_ns = 0;
  SocketId socket = 0;
  std::uint64_t packets = 0;  // of TCP without `raw`: connections whose records were lost
  std::uint64_t bytes = 0;
  std::uint32_t netns = 0;
  bool first = false;  // the first packet to this destination; else a sum of those that followed
  bool raw = false;    // of a raw socket; then the protocol may be TCP, too
  Protocol protocol = Protocol::udp;
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
  std::array<std::uint64_t, 15> produced{};  // by record type
  std::array<std::uint64_t, 5> lost{};       // by reason
};

// What this kernel calls a reason to drop a packet.
struct DropReason {
  std::uint32_t number = 0;
  std::array<char, 48> text{};  // NUL-padded

  [[nodiscard]] std::string_view name() const {
    std::size_t length = 0;
    while (length < text.size() && text[length] != '\0') ++length;
    return {text.data(), length};
  }
};

// A C library's getaddrinfo() gave a process addresses for a name.
struct NameLookup {
  std::uint64_t time_ns = 0;
  Process process;
  std::array<IpAddress, 8> addresses{};
  std::uint32_t address_count = 0;
  std::string_view name;  // a view into the record; arbitrary bytes
};

using Event = std::variant<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed, ConnectFailed, TcpExisting, Flow,
                           DnsPacket, KernelCounters, TcpPayload, TcpRetransmit, TcpClosing, DropReason, NameLookup>;

}  // namespace egresswatch
