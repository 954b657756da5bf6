// SPDX-License-Identifier: Apache-2.0
#include "decode/record_payload.h"

#include <cstring>

#include "decode/record_fields.h"

namespace egresswatch::decode {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;

RecordError convert(const egw_dns& from, DnsPacket& to) {
  if (from.direction > EGW_INGRESS) return RecordError::bad_field;
  if (from.protocol != kProtocolTcp && from.protocol != kProtocolUdp) return RecordError::bad_field;
  to.time_ns = from.header.time_ns;
  to.socket = from.socket;
  to.egress = from.direction == EGW_EGRESS;
  to.tcp = from.protocol == kProtocolTcp;
  to.tcp_seq = from.tcp_seq;
  to.original_length = from.original_length;
  to.process = convert_process(from.process);
  return convert_tuple(from.tuple, to.tuple);
}

// Copies the structure at the front and finds the payload behind it, of which the record says how long it is.
template <typename Record>
RecordError split(Bytes bytes, std::size_t max_payload, Record& record, Bytes& payload) {
  if (bytes.size() < sizeof record || bytes.size() > sizeof record + max_payload) return RecordError::bad_length;
  std::memcpy(&record, bytes.data(), sizeof record);
  const Bytes behind = bytes.subspan(sizeof record);
  if (record.payload_length > behind.size() || record.payload_length > record.original_length)
    return RecordError::bad_payload;
  payload = behind.first(record.payload_length);
  return RecordError::none;
}

}  // namespace

RecordError decode_dns(Bytes bytes, Event& out) {
  egw_dns record;
  DnsPacket packet;
  if (const auto error = split(bytes, EGW_DNS_PAYLOAD_MAX, record, packet.payload); error != RecordError::none)
    return error;
  const RecordError error = convert(record, packet);
  if (error == RecordError::none) out = packet;
  return error;
}

RecordError decode_tcp_payload(Bytes bytes, Event& out) {
  egw_tcp_payload record;
  TcpPayload piece;
  if (const auto error = split(bytes, EGW_PAYLOAD_MAX, record, piece.payload); error != RecordError::none) return error;
  if (record.offset > EGW_PAYLOAD_MAX) return RecordError::bad_field;
  piece.time_ns = record.header.time_ns;
  piece.socket = record.socket;
  piece.offset = record.offset;
  piece.original_length = record.original_length;
  out = piece;
  return RecordError::none;
}

RecordError decode_drop_reason(Bytes bytes, Event& out) {
  egw_drop_reason record;
  if (bytes.size() != sizeof record) return RecordError::bad_length;
  std::memcpy(&record, bytes.data(), sizeof record);
  DropReason reason;
  reason.number = record.number;
  static_assert(sizeof reason.text == sizeof record.name);
  std::memcpy(reason.text.data(), record.name, reason.text.size());
  out = reason;
  return RecordError::none;
}

RecordError decode_name_lookup(Bytes bytes, Event& out) {
  egw_name_lookup record;
  if (bytes.size() != sizeof record) return RecordError::bad_length;
  std::memcpy(&record, bytes.data(), sizeof record);
  NameLookup lookup;
  if (record.address_count > lookup.addresses.size()) return RecordError::bad_field;
  if (record.name_length >= sizeof record.name) return RecordError::bad_payload;
  lookup.time_ns = record.header.time_ns;
  lookup.process = convert_process(record.process);
  lookup.address_count = record.address_count;
  for (std::size_t i = 0; i < record.address_count; ++i)
    (void)copy_address(kFamilyV6, record.addresses[i], lookup.addresses[i]);
  lookup.name = {reinterpret_cast<const char*>(bytes.data() + offsetof(egw_name_lookup, name)), record.name_length};
  out = lookup;
  return RecordError::none;
}

}  // namespace egresswatch::decode
