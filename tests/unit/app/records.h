// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "egresswatch/abi/records.h"
#include "egresswatch/model/ip_address.h"

// Records as the kernel writes them, byte for byte.
namespace egresswatch::test {

using Bytes = std::vector<std::byte>;

inline constexpr std::uint64_t kMs = 1'000'000;
inline constexpr std::uint64_t kSecond = 1'000 * kMs;

// linux/tcp_states.h
inline constexpr std::uint8_t kEstablished = 1;
inline constexpr std::uint8_t kSynSent = 2;
inline constexpr std::uint8_t kFinWait2 = 5;
inline constexpr std::uint8_t kClose = 7;

inline constexpr std::uint32_t kNetns = 4026531840;
inline constexpr std::string_view kResolver = "168.63.129.16";

// Who connects, and where to.
struct Socket {
  std::uint64_t id = 1;
  std::string_view remote = "203.0.113.1";
  std::uint16_t port = 443;
  std::uint32_t pid = 100;
  std::string_view comm = "sdk";
};

inline egw_tuple tuple_of(std::string_view remote, std::uint16_t remote_port, std::uint16_t local_port) {
  const IpAddress to = IpAddress::parse(remote).value();
  const IpAddress from = to.is_v4() ? IpAddress::v4(10, 0, 0, 5) : IpAddress::parse("2001:db8::5").value();
  egw_tuple tuple{};
  std::memcpy(tuple.local, from.bytes.data(), sizeof tuple.local);
  std::memcpy(tuple.remote, to.bytes.data(), sizeof tuple.remote);
  tuple.local_port = local_port;
  tuple.remote_port = remote_port;
  tuple.family = to.is_v4() ? AF_INET : AF_INET6;
  return tuple;
}

inline egw_tuple tuple_of(const Socket& socket) {
  return tuple_of(socket.remote, socket.port, static_cast<std::uint16_t>(40'000 + socket.id % 20'000));
}

inline egw_process process_of(std::uint32_t pid, std::string_view comm) {
  egw_process process{};
  process.pid = pid;
  process.uid = 1000;
  process.start_time_ns = 7 * kSecond;
  std::memcpy(process.comm, comm.data(), comm.size());
  return process;
}

template <typename Record>
Record record_of(egw_record_type type, std::uint64_t time_ns) {
  Record record{};
  record.header = {type, sizeof record, time_ns};
  return record;
}

inline egw_flow flow(const Socket& socket, std::uint64_t time_ns, std::uint8_t protocol, bool raw = false) {
  auto record = record_of<egw_flow>(EGW_FLOW, time_ns);
  record.socket = socket.id;
  record.netns = kNetns;
  record.packets = 1;
  record.bytes = 32;
  record.first = 1;
  record.raw = raw ? 1 : 0;
  record.protocol = protocol;
  record.tuple = tuple_of(socket);
  record.process = process_of(socket.pid, socket.comm);
  return record;
}

inline egw_tcp_attempt attempt(const Socket& socket, std::uint64_t time_ns) {
  auto record = record_of<egw_tcp_attempt>(EGW_TCP_ATTEMPT, time_ns);
  record.socket = socket.id;
  record.netns = kNetns;
  record.tuple = tuple_of(socket);
  record.process = process_of(socket.pid, socket.comm);
  return record;
}

inline egw_tcp_established established(const Socket& socket, std::uint64_t time_ns, std::uint64_t latency_ns) {
  auto record = record_of<egw_tcp_established>(EGW_TCP_ESTABLISHED, time_ns);
  record.socket = socket.id;
  record.netns = kNetns;
  record.latency_ns = latency_ns;
  record.tuple = tuple_of(socket);
  return record;
}

inline egw_tcp_first_byte first_byte(const Socket& socket, std::uint64_t time_ns, std::uint64_t sent_ns) {
  auto record = record_of<egw_tcp_first_byte>(EGW_TCP_FIRST_BYTE, time_ns);
  record.socket = socket.id;
  record.sent_ns = sent_ns;
  return record;
}

// The beginning of an answer.
inline egw_tcp_first_byte first_byte(const Socket& socket, std::uint64_t time_ns, std::uint64_t sent_ns,
                                     std::string_view head) {
  auto record = first_byte(socket, time_ns, sent_ns);
  record.length = static_cast<std::uint32_t>(head.size());
  record.head_length = static_cast<std::uint32_t>(std::min(head.size(), sizeof record.head));
  std::memcpy(record.head, head.data(), record.head_length);
  return record;
}

// A piece of what the client sends first.
inline Bytes payload(const Socket& socket, std::uint64_t time_ns, std::string_view piece, std::uint32_t offset = 0) {
  const std::size_t room = piece.size() <= EGW_PAYLOAD_SMALL ? EGW_PAYLOAD_SMALL : EGW_PAYLOAD_MAX;
  auto record = record_of<egw_tcp_payload>(EGW_TCP_PAYLOAD, time_ns);
  record.header.size = static_cast<std::uint32_t>(sizeof record + room);
  record.socket = socket.id;
  record.offset = offset;
  record.payload_length = static_cast<std::uint32_t>(piece.size());
  record.original_length = record.payload_length;
  Bytes bytes(sizeof record + room);
  std::memcpy(bytes.data(), &record, sizeof record);
  std::memcpy(bytes.data() + sizeof record, piece.data(), piece.size());
  return bytes;
}

inline egw_tcp_retransmit retransmit(const Socket& socket, std::uint64_t time_ns, std::uint32_t count,
                                     std::uint8_t state = kSynSent) {
  auto record = record_of<egw_tcp_retransmit>(EGW_TCP_RETRANSMIT, time_ns);
  record.socket = socket.id;
  record.count = count;
  record.state = state;
  return record;
}

inline egw_drop_reason drop_reason(std::uint32_t number, std::string_view name) {
  auto record = record_of<egw_drop_reason>(EGW_DROP_REASON, 1);
  record.number = number;
  std::memcpy(record.name, name.data(), name.size());
  return record;
}

// The end of a connection that was established.
inline egw_name_lookup name_lookup(std::uint64_t time_ns, std::string_view name,
                                   std::initializer_list<std::string_view> addresses, std::uint32_t pid) {
  auto record = record_of<egw_name_lookup>(EGW_NAME_LOOKUP, time_ns);
  record.process = process_of(pid, "sdk");
  for (const std::string_view address : addresses)
    std::memcpy(record.addresses[record.address_count++], IpAddress::parse(address).value().bytes.data(), 16);
  record.name_length = static_cast<std::uint32_t>(name.copy(record.name, sizeof record.name - 1));
  return record;
}

inline egw_tcp_closed closed(const Socket& socket, std::uint64_t time_ns, std::uint64_t attempt_ns,
                             std::uint64_t established_ns) {
  auto record = record_of<egw_tcp_closed>(EGW_TCP_CLOSED, time_ns);
  record.socket = socket.id;
  record.netns = kNetns;
  record.attempt_ns = attempt_ns;
  record.established_ns = established_ns;
  record.old_state = kFinWait2;
  record.tuple = tuple_of(socket);
  return record;
}

// The end of one that never was.
inline egw_tcp_closed gave_up(const Socket& socket, std::uint64_t time_ns, std::uint64_t attempt_ns,
                              std::uint32_t error) {
  egw_tcp_closed record = closed(socket, time_ns, attempt_ns, 0);
  record.old_state = kSynSent;
  record.error = error;
  return record;
}

inline egw_connect_failed connect_failed(const Socket& socket, std::uint64_t time_ns, std::int32_t route_error) {
  auto record = record_of<egw_connect_failed>(EGW_CONNECT_FAILED, time_ns);
  record.socket = socket.id;
  record.attempt_ns = time_ns;
  record.netns = kNetns;
  record.route_error = route_error;
  record.tuple = tuple_of(socket);
  std::memset(record.tuple.local, 0, sizeof record.tuple.local);
  record.tuple.local_port = 0;
  record.process = process_of(socket.pid, socket.comm);
  return record;
}

inline egw_tcp_existing existing(const Socket& socket, std::uint64_t time_ns, std::uint8_t state = kEstablished) {
  auto record = record_of<egw_tcp_existing>(EGW_TCP_EXISTING, time_ns);
  record.socket = socket.id;
  record.inode = 5'000 + socket.id;
  record.netns = kNetns;
  record.uid = 1000;
  record.state = state;
  record.tuple = tuple_of(socket);
  return record;
}

// A packet between a process and a resolver.
struct DnsPacketOptions {
  bool egress = true;
  std::uint32_t pid = 100;
  std::string_view comm = "sdk";
  std::uint64_t socket = 900;
  bool tcp = false;
  std::uint32_t tcp_seq = 0;
  std::uint32_t original_length = 0;  // 0 = that of the payload
  std::string_view resolver = kResolver;
  std::uint64_t cgroup_id = 0;
};

inline Bytes dns_record(std::uint64_t time_ns, std::span<const std::byte> payload, const DnsPacketOptions& options) {
  const std::size_t room = payload.size() <= EGW_DNS_PAYLOAD_SMALL ? EGW_DNS_PAYLOAD_SMALL : EGW_DNS_PAYLOAD_MAX;
  auto record = record_of<egw_dns>(EGW_DNS, time_ns);
  record.header.size = static_cast<std::uint32_t>(sizeof record + room);
  record.socket = options.socket;
  record.tuple = tuple_of(options.resolver, 53, 41'000);
  record.process = process_of(options.pid, options.comm);
  record.process.cgroup_id = options.cgroup_id;
  record.tcp_seq = options.tcp_seq;
  record.payload_length = static_cast<std::uint32_t>(payload.size());
  record.original_length = options.original_length ? options.original_length : record.payload_length;
  record.direction = options.egress ? EGW_EGRESS : EGW_INGRESS;
  record.protocol = options.tcp ? 6 : 17;

  Bytes bytes(sizeof record + room);
  std::memcpy(bytes.data(), &record, sizeof record);
  if (!payload.empty()) std::memcpy(bytes.data() + sizeof record, payload.data(), payload.size());
  return bytes;
}

}  // namespace egresswatch::test
