// SPDX-License-Identifier: Apache-2.0
// Records with bytes of others in them.
#include <string_view>

#include "unit/decode/record_fixture.h"

namespace egresswatch::decode {
namespace {

egw_dns dns_record(std::uint32_t room, std::uint32_t payload, std::uint32_t original) {
  auto record = make<egw_dns>(EGW_DNS);
  record.header.size = static_cast<std::uint32_t>(sizeof record + room);
  record.socket = 9;
  record.tuple = tuple_v4();
  record.process = process();
  record.tcp_seq = 51;
  record.payload_length = payload;
  record.original_length = original;
  record.direction = EGW_INGRESS;
  record.protocol = 6;
  return record;
}

RecordError decode_dns_record(const egw_dns& record, std::size_t room) {
  const std::vector<std::byte> bytes = unaligned(record, room);
  Event event;
  return decode_record(std::span(bytes).subspan(1), event);
}

TEST(Record, DnsWithItsPayloadAndPadding) {
  const std::vector<std::byte> bytes = unaligned(dns_record(EGW_DNS_PAYLOAD_SMALL, 3, 7), EGW_DNS_PAYLOAD_SMALL);
  Event event;
  ASSERT_EQ(decode_record(std::span(bytes).subspan(1), event), RecordError::none);
  const auto& packet = std::get<DnsPacket>(event);
  EXPECT_EQ(packet.time_ns, 123U);
  EXPECT_EQ(packet.socket, 9U);
  EXPECT_FALSE(packet.egress);
  EXPECT_TRUE(packet.tcp);
  EXPECT_EQ(packet.tcp_seq, 51U);
  EXPECT_EQ(packet.original_length, 7U);
  ASSERT_EQ(packet.payload.size(), 3U);
  EXPECT_EQ(packet.payload.data(), bytes.data() + 1 + sizeof(egw_dns));
  expect_tuple_v4(packet.tuple);
  expect_process(packet.process);
}

TEST(Record, DnsPayloadLongerThanItsRecord) {
  EXPECT_EQ(decode_dns_record(dns_record(512, 513, 600), 512), RecordError::bad_payload);
  EXPECT_EQ(decode_dns_record(dns_record(512, 0xffffffff, 0xffffffff), 512), RecordError::bad_payload);
}

TEST(Record, DnsPayloadLongerThanItsPacket) {
  EXPECT_EQ(decode_dns_record(dns_record(512, 100, 99), 512), RecordError::bad_payload);
}

TEST(Record, DnsRecordLongerThanAnyPayload) {
  EXPECT_EQ(decode_dns_record(dns_record(EGW_DNS_PAYLOAD_MAX + 1, 10, 10), EGW_DNS_PAYLOAD_MAX + 1),
            RecordError::bad_length);
}

TEST(Record, DnsOfAnotherProtocol) {
  auto record = dns_record(512, 10, 10);
  record.protocol = 1;
  EXPECT_EQ(decode_dns_record(record, 512), RecordError::bad_field);
}

TEST(Record, DnsInAThirdDirection) {
  auto record = dns_record(512, 10, 10);
  record.direction = 2;
  EXPECT_EQ(decode_dns_record(record, 512), RecordError::bad_field);
}

egw_tcp_payload piece(std::uint32_t room, std::uint32_t payload, std::uint32_t original) {
  auto record = make<egw_tcp_payload>(EGW_TCP_PAYLOAD);
  record.header.size = static_cast<std::uint32_t>(sizeof record + room);
  record.socket = 9;
  record.offset = 300;
  record.payload_length = payload;
  record.original_length = original;
  return record;
}

RecordError decode_piece(const egw_tcp_payload& record, std::size_t room) {
  const std::vector<std::byte> bytes = unaligned(record, room);
  Event event;
  return decode_record(std::span(bytes).subspan(1), event);
}

TEST(Record, TcpPayload) {
  const std::vector<std::byte> bytes = unaligned(piece(EGW_PAYLOAD_SMALL, 5, 1400), EGW_PAYLOAD_SMALL);
  Event event;
  ASSERT_EQ(decode_record(std::span(bytes).subspan(1), event), RecordError::none);
  const auto& payload = std::get<TcpPayload>(event);
  EXPECT_EQ(payload.time_ns, 123U);
  EXPECT_EQ(payload.socket, 9U);
  EXPECT_EQ(payload.offset, 300U);
  EXPECT_EQ(payload.original_length, 1400U);
  ASSERT_EQ(payload.payload.size(), 5U);
  EXPECT_EQ(payload.payload.data(), bytes.data() + 1 + sizeof(egw_tcp_payload));
}

TEST(Record, TcpPayloadBeyondItsBounds) {
  EXPECT_EQ(decode_piece(piece(640, 641, 1400), 640), RecordError::bad_payload);
  EXPECT_EQ(decode_piece(piece(640, 100, 99), 640), RecordError::bad_payload);
  EXPECT_EQ(decode_piece(piece(EGW_PAYLOAD_MAX + 1, 1, 1), EGW_PAYLOAD_MAX + 1), RecordError::bad_length);
  auto far = piece(640, 1, 1);
  far.offset = EGW_PAYLOAD_MAX + 1;
  EXPECT_EQ(decode_piece(far, 640), RecordError::bad_field);
}

TEST(Record, DropReason) {
  auto record = make<egw_drop_reason>(EGW_DROP_REASON);
  record.number = 8;
  std::memcpy(record.name, "NETFILTER_DROP", 14);
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  EXPECT_EQ(std::get<DropReason>(event).number, 8U);
  EXPECT_EQ(std::get<DropReason>(event).name(), "NETFILTER_DROP");
  std::memset(record.name, 'x', sizeof record.name);
  ASSERT_EQ(decode(record, event), RecordError::none);
  EXPECT_EQ(std::get<DropReason>(event).name().size(), sizeof record.name);
}

TEST(Record, NameLookup) {
  auto record = make<egw_name_lookup>(EGW_NAME_LOOKUP);
  record.process = process();
  record.address_count = 2;
  set_v4(record.addresses[0], 1);
  record.addresses[1][0] = 0x20;
  record.name_length = 9;
  std::memcpy(record.name, "a.example", 9);
  const std::vector<std::byte> bytes = unaligned(record);
  Event event;
  ASSERT_EQ(decode_record(std::span(bytes).subspan(1), event), RecordError::none);
  const auto& lookup = std::get<NameLookup>(event);
  EXPECT_EQ(lookup.time_ns, 123U);
  expect_process(lookup.process);
  ASSERT_EQ(lookup.address_count, 2U);
  EXPECT_EQ(lookup.addresses[0].to_string(), "192.0.2.1");
  EXPECT_EQ(lookup.addresses[1].to_string(), "2000::");
  EXPECT_EQ(lookup.name, "a.example");
}

TEST(Record, NameLookupBeyondItsBounds) {
  auto record = make<egw_name_lookup>(EGW_NAME_LOOKUP);
  record.address_count = EGW_LOOKUP_ADDRESSES + 1;
  EXPECT_EQ(error_of(record), RecordError::bad_field);
  record.address_count = EGW_LOOKUP_ADDRESSES;
  EXPECT_EQ(error_of(record), RecordError::none);
  record.name_length = 256;
  EXPECT_EQ(error_of(record), RecordError::bad_payload);
  record.name_length = 255;
  EXPECT_EQ(error_of(record), RecordError::none);
}

}  // namespace
}  // namespace egresswatch::decode
