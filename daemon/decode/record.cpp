// SPDX-License-Identifier: Apache-2.0
#include "decode/record.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "egresswatch/abi/records.h"

namespace egresswatch::decode {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t kMaxErrno = 4095;   // linux/err.h
constexpr std::uint32_t kMaxTcpState = 15;  // 13 states now; the kernel keeps them in four bits
constexpr std::uint16_t kFamilyV4 = 2;
constexpr std::uint16_t kFamilyV6 = 10;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;

constexpr std::array<std::string_view, kRecordErrorCount> kErrorNames{
    "none", "short_header", "bad_size", "unknown_type", "bad_length", "bad_payload", "bad_address", "bad_field"};

static_assert(std::tuple_size_v<decltype(KernelCounters::produced)> == EGW_RECORD_TYPE_END);
static_assert(std::tuple_size_v<decltype(KernelCounters::lost)> == EGW_LOST_REASON_END);

bool copy_address(std::uint16_t family, const __u8 (&from)[16], IpAddress& to) {
  std::memcpy(to.bytes.data(), from, to.bytes.size());
  return family == kFamilyV6 || to.is_v4() || to.is_unspecified();
}

RecordError convert(const egw_tuple& from, Tuple& to) {
  if (from.family != kFamilyV4 && from.family != kFamilyV6) return RecordError::bad_address;
  to.family = from.family;
  to.local.port = from.local_port;
  to.remote.port = from.remote_port;
  const bool sound = copy_address(from.family, from.local, to.local.address) &&
                     copy_address(from.family, from.remote, to.remote.address);
  return sound ? RecordError::none : RecordError::bad_address;
}

Process convert(const egw_process& from) {
  Process to;
  to.pid = from.pid;
  to.uid = from.uid;
  to.start_time_ns = from.start_time_ns;
  to.cgroup_id = from.cgroup_id;
  static_assert(sizeof to.comm == sizeof from.comm);
  std::memcpy(to.comm.data(), from.comm, to.comm.size());
  return to;
}

bool is_errno(std::uint32_t value) { return value <= kMaxErrno; }
bool is_negative_errno(std::int32_t value) { return value <= 0 && value >= -static_cast<std::int32_t>(kMaxErrno); }

RecordError convert(const egw_tcp_attempt& from, TcpAttempt& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.netns = from.netns;
  to.process = convert(from.process);
  return convert(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_established& from, TcpEstablished& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.netns = from.netns;
  to.latency_ns = from.latency_ns;
  to.srtt_us = from.srtt_us;
  to.syn_retransmits = from.syn_retransmits;
  return convert(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_first_byte& from, TcpFirstByte& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.sent_ns = from.sent_ns;
  return RecordError::none;
}

RecordError convert(const egw_tcp_closed& from, TcpClosed& to) {
  if (!is_errno(from.error) || !is_errno(from.error_soft) || from.old_state > kMaxTcpState)
    return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.netns = from.netns;
  to.attempt_ns = from.attempt_ns;
  to.established_ns = from.established_ns;
  to.bytes_sent = from.bytes_sent;
  to.bytes_acked = from.bytes_acked;
  to.bytes_received = from.bytes_received;
  to.retransmits = from.retransmits;
  to.syn_retransmits = from.syn_retransmits;
  to.srtt_us = from.srtt_us;
  to.error = static_cast<int>(from.error);
  to.error_soft = static_cast<int>(from.error_soft);
  to.rst_received = (from.flags & EGW_CLOSED_RST_RECEIVED) != 0;
  to.existed_at_start = (from.flags & EGW_CLOSED_EXISTED_AT_START) != 0;
  to.old_state = from.old_state;
  to.icmp_origin = from.icmp_origin;
  to.icmp_type = from.icmp_type;
  to.icmp_code = from.icmp_code;
  return convert(from.tuple, to.tuple);
}

RecordError convert(const egw_connect_failed& from, ConnectFailed& to) {
  if (!is_negative_errno(from.route_error) || !is_negative_errno(from.verdict_error)) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.attempt_ns = from.attempt_ns;
  to.netns = from.netns;
  to.route_error = from.route_error;
  to.verdict_error = from.verdict_error;
  to.process = convert(from.process);
  return convert(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_existing& from, TcpExisting& to) {
  if (from.state > kMaxTcpState) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.inode = from.inode;
  to.netns = from.netns;
  to.uid = from.uid;
  to.state = from.state;
  return convert(from.tuple, to.tuple);
}

RecordError convert(const egw_udp_flow& from, UdpFlow& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.packets = from.packets;
  to.bytes = from.bytes;
  to.netns = from.netns;
  to.first = from.first != 0;
  to.process = convert(from.process);
  return convert(from.tuple, to.tuple);
}

RecordError convert(const egw_counters& from, KernelCounters& to) {
  std::copy(std::begin(from.produced), std::end(from.produced), to.produced.begin());
  std::copy(std::begin(from.lost), std::end(from.lost), to.lost.begin());
  return RecordError::none;
}

RecordError convert(const egw_dns& from, DnsPacket& to) {
  if (from.direction > EGW_INGRESS) return RecordError::bad_field;
  if (from.protocol != kProtocolTcp && from.protocol != kProtocolUdp) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.egress = from.direction == EGW_EGRESS;
  to.tcp = from.protocol == kProtocolTcp;
  to.tcp_seq = from.tcp_seq;
  to.original_length = from.original_length;
  to.process = convert(from.process);
  return convert(from.tuple, to.tuple);
}

template <typename Record, typename Value>
RecordError decode_fixed(Bytes bytes, Event& out) {
  if (bytes.size() != sizeof(Record)) return RecordError::bad_length;
  Record record;
  std::memcpy(&record, bytes.data(), sizeof record);
  Value value;
  const RecordError error = convert(record, value);
  if (error == RecordError::none) out = value;
  return error;
}

RecordError decode_dns(Bytes bytes, Event& out) {
  egw_dns record;
  if (bytes.size() < sizeof record || bytes.size() > sizeof record + EGW_DNS_PAYLOAD_MAX)
    return RecordError::bad_length;
  std::memcpy(&record, bytes.data(), sizeof record);
  const Bytes behind = bytes.subspan(sizeof record);
  if (record.payload_length > behind.size() || record.payload_length > record.original_length)
    return RecordError::bad_payload;
  DnsPacket packet;
  packet.payload = behind.first(record.payload_length);
  const RecordError error = convert(record, packet);
  if (error == RecordError::none) out = packet;
  return error;
}

}  // namespace

std::string_view to_string(RecordError error) {
  const auto index = static_cast<std::size_t>(error);
  return index < kErrorNames.size() ? kErrorNames[index] : "unknown";
}

RecordError decode_record(Bytes record, Event& out) {
  egw_header header;
  if (record.size() < sizeof header) return RecordError::short_header;
  std::memcpy(&header, record.data(), sizeof header);
  if (header.size != record.size()) return RecordError::bad_size;
  switch (header.type) {
    case EGW_TCP_ATTEMPT:
      return decode_fixed<egw_tcp_attempt, TcpAttempt>(record, out);
    case EGW_TCP_ESTABLISHED:
      return decode_fixed<egw_tcp_established, TcpEstablished>(record, out);
    case EGW_TCP_FIRST_BYTE:
      return decode_fixed<egw_tcp_first_byte, TcpFirstByte>(record, out);
    case EGW_TCP_CLOSED:
      return decode_fixed<egw_tcp_closed, TcpClosed>(record, out);
    case EGW_CONNECT_FAILED:
      return decode_fixed<egw_connect_failed, ConnectFailed>(record, out);
    case EGW_TCP_EXISTING:
      return decode_fixed<egw_tcp_existing, TcpExisting>(record, out);
    case EGW_UDP_FLOW:
      return decode_fixed<egw_udp_flow, UdpFlow>(record, out);
    case EGW_DNS:
      return decode_dns(record, out);
    case EGW_COUNTERS:
      return decode_fixed<egw_counters, KernelCounters>(record, out);
    default:
      return RecordError::unknown_type;
  }
}

}  // namespace egresswatch::decode
