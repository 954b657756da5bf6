// SPDX-License-Identifier: Apache-2.0
#include "decode/record.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "decode/record_fields.h"
#include "decode/record_payload.h"
#include "egresswatch/abi/records.h"

namespace egresswatch::decode {
namespace {

constexpr std::array<std::string_view, kRecordErrorCount> kErrorNames{
    "none", "short_header", "bad_size", "unknown_type", "bad_length", "bad_payload", "bad_address", "bad_field"};

static_assert(std::tuple_size_v<decltype(KernelCounters::produced)> == EGW_RECORD_TYPE_END);
static_assert(std::tuple_size_v<decltype(KernelCounters::lost)> == EGW_LOST_REASON_END);

RecordError convert(const egw_tcp_attempt& from, TcpAttempt& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.netns = from.netns;
  to.process = convert_process(from.process);
  return convert_tuple(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_established& from, TcpEstablished& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.netns = from.netns;
  to.latency_ns = from.latency_ns;
  to.srtt_us = from.srtt_us;
  to.syn_retransmits = from.syn_retransmits;
  return convert_tuple(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_first_byte& from, TcpFirstByte& to) {
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.sent_ns = from.sent_ns;
  to.length = from.length;
  if (from.head_length > to.head.size() || from.head_length > from.length) return RecordError::bad_payload;
  to.head_length = from.head_length;
  static_assert(sizeof to.head == sizeof from.head);
  std::memcpy(to.head.data(), from.head, to.head.size());
  return RecordError::none;
}

RecordError convert(const egw_tcp_retransmit& from, TcpRetransmit& to) {
  if (from.state > kMaxTcpState) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.idle_ns = from.idle_ns;
  to.count = from.count;
  to.state = from.state;
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
  to.first_sent_ns = from.first_sent_ns;
  to.first_received_ns = from.first_received_ns;
  to.idle_ns = from.idle_ns;
  to.unacked_bytes = from.unacked_bytes;
  to.stalled_retransmits = from.stalled_retransmits;
  to.dropped_out = from.dropped_out;
  to.dropped_out_reason = from.dropped_out_reason;
  to.dropped_in = from.dropped_in;
  to.dropped_in_reason = from.dropped_in_reason;
  return convert_tuple(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_closed& from, TcpClosing& to) { return convert(from, to.now); }

RecordError convert(const egw_connect_failed& from, ConnectFailed& to) {
  if (!is_negative_errno(from.route_error) || !is_negative_errno(from.verdict_error)) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.attempt_ns = from.attempt_ns;
  to.netns = from.netns;
  to.route_error = from.route_error;
  to.verdict_error = from.verdict_error;
  to.process = convert_process(from.process);
  return convert_tuple(from.tuple, to.tuple);
}

RecordError convert(const egw_tcp_existing& from, TcpExisting& to) {
  if (from.state > kMaxTcpState) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.inode = from.inode;
  to.netns = from.netns;
  to.uid = from.uid;
  to.state = from.state;
  return convert_tuple(from.tuple, to.tuple);
}

RecordError convert(const egw_flow& from, Flow& to) {
  if (from.first > 1 || from.raw > 1) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.packets = from.packets;
  to.bytes = from.bytes;
  to.netns = from.netns;
  to.first = from.first != 0;
  to.raw = from.raw != 0;
  to.protocol = Protocol{from.protocol};
  to.process = convert_process(from.process);
  return convert_tuple(from.tuple, to.tuple);
}

RecordError convert(const egw_counters& from, KernelCounters& to) {
  std::copy(std::begin(from.produced), std::end(from.produced), to.produced.begin());
  std::copy(std::begin(from.lost), std::end(from.lost), to.lost.begin());
  return RecordError::none;
}

template <typename Record, typename Value>
RecordError decode_fixed(std::span<const std::byte> bytes, Event& out) {
  if (bytes.size() != sizeof(Record)) return RecordError::bad_length;
  Record record;
  std::memcpy(&record, bytes.data(), sizeof record);
  Value value;
  const RecordError error = convert(record, value);
  if (error == RecordError::none) out = value;
  return error;
}

}  // namespace

std::string_view to_string(RecordError error) {
  const auto index = static_cast<std::size_t>(error);
  return index < kErrorNames.size() ? kErrorNames[index] : "unknown";
}

RecordError decode_record(std::span<const std::byte> record, Event& out) {
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
    case EGW_FLOW:
      return decode_fixed<egw_flow, Flow>(record, out);
    case EGW_DNS:
      return decode_dns(record, out);
    case EGW_COUNTERS:
      return decode_fixed<egw_counters, KernelCounters>(record, out);
    case EGW_TCP_PAYLOAD:
      return decode_tcp_payload(record, out);
    case EGW_TCP_RETRANSMIT:
      return decode_fixed<egw_tcp_retransmit, TcpRetransmit>(record, out);
    case EGW_TCP_CLOSING:
      return decode_fixed<egw_tcp_closed, TcpClosing>(record, out);
    case EGW_DROP_REASON:
      return decode_drop_reason(record, out);
    case EGW_NAME_LOOKUP:
      return decode_name_lookup(record, out);
    default:
      return RecordError::unknown_type;
  }
}

}  // namespace egresswatch::decode
