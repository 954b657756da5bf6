// SPDX-License-Identifier: Apache-2.0
#include "decode/record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "egresswatch/abi/records.h"

namespace egresswatch::decode {
namespace {

constexpr std::uint16_t kAfInet = 2;
constexpr std::uint16_t kAfInet6 = 10;

void set_v4(__u8 (&address)[16], std::uint8_t last) {
  const IpAddress v4 = IpAddress::v4(192, 0, 2, last);
  std::memcpy(address, v4.bytes.data(), sizeof address);
}

egw_tuple tuple_v4() {
  egw_tuple tuple{};
  set_v4(tuple.local, 1);
  set_v4(tuple.remote, 2);
  tuple.local_port = 40000;
  tuple.remote_port = 443;
  tuple.family = kAfInet;
  return tuple;
}

void expect_tuple_v4(const Tuple& tuple) {
  EXPECT_EQ(tuple.local.to_string(), "192.0.2.1:40000");
  EXPECT_EQ(tuple.remote.to_string(), "192.0.2.2:443");
  EXPECT_EQ(tuple.family, kAfInet);
}

egw_process process() {
  egw_process process{};
  process.pid = 77;
  process.uid = 1000;
  process.start_time_ns = 5;
  process.cgroup_id = 6;
  std::memcpy(process.comm, "curl", 4);
  return process;
}

void expect_process(const Process& process) {
  EXPECT_EQ(process.pid, 77U);
  EXPECT_EQ(process.uid, 1000U);
  EXPECT_EQ(process.start_time_ns, 5U);
  EXPECT_EQ(process.cgroup_id, 6U);
  EXPECT_EQ(process.name(), "curl");
}

template <typename Record>
Record make(std::uint32_t type) {
  Record record{};
  record.header = {type, sizeof(Record), 123};
  return record;
}

// The bytes of a record, `extra` of them behind its structure, at an address that fits no integer.
template <typename Record>
std::vector<std::byte> unaligned(const Record& record, std::size_t extra = 0) {
  std::vector<std::byte> bytes(1 + sizeof record + extra);
  std::memcpy(bytes.data() + 1, &record, sizeof record);
  for (std::size_t i = 0; i < extra; ++i) bytes[1 + sizeof record + i] = static_cast<std::byte>(i);
  return bytes;
}

template <typename Record>
RecordError decode(const Record& record, Event& event) {
  const std::vector<std::byte> bytes = unaligned(record);
  return decode_record(std::span(bytes).subspan(1), event);
}

template <typename Record>
RecordError error_of(const Record& record) {
  Event event;
  return decode(record, event);
}

TEST(Record, TcpAttempt) {
  auto record = make<egw_tcp_attempt>(EGW_TCP_ATTEMPT);
  record.socket = 9;
  record.netns = 4026531840;
  record.tuple = tuple_v4();
  record.process = process();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& attempt = std::get<TcpAttempt>(event);
  EXPECT_EQ(attempt.time_ns, 123U);
  EXPECT_EQ(attempt.socket, 9U);
  EXPECT_EQ(attempt.netns, 4026531840U);
  expect_tuple_v4(attempt.tuple);
  expect_process(attempt.process);
}

TEST(Record, TcpEstablished) {
  auto record = make<egw_tcp_established>(EGW_TCP_ESTABLISHED);
  record.socket = 9;
  record.netns = 3;
  record.latency_ns = 1500;
  record.srtt_us = 17;
  record.syn_retransmits = 2;
  record.tuple = tuple_v4();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& established = std::get<TcpEstablished>(event);
  EXPECT_EQ(established.time_ns, 123U);
  EXPECT_EQ(established.socket, 9U);
  EXPECT_EQ(established.netns, 3U);
  EXPECT_EQ(established.latency_ns, 1500U);
  EXPECT_EQ(established.srtt_us, 17U);
  EXPECT_EQ(established.syn_retransmits, 2U);
  expect_tuple_v4(established.tuple);
}

TEST(Record, TcpFirstByte) {
  auto record = make<egw_tcp_first_byte>(EGW_TCP_FIRST_BYTE);
  record.socket = 9;
  record.sent_ns = 100;
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& first = std::get<TcpFirstByte>(event);
  EXPECT_EQ(first.time_ns, 123U);
  EXPECT_EQ(first.socket, 9U);
  EXPECT_EQ(first.sent_ns, 100U);
}

TEST(Record, TcpClosed) {
  auto record = make<egw_tcp_closed>(EGW_TCP_CLOSED);
  record.socket = 9;
  record.attempt_ns = 1;
  record.established_ns = 2;
  record.bytes_sent = 3;
  record.bytes_acked = 4;
  record.bytes_received = 5;
  record.netns = 6;
  record.retransmits = 7;
  record.syn_retransmits = 8;
  record.srtt_us = 10;
  record.error = 104;
  record.error_soft = 113;
  record.flags = EGW_CLOSED_RST_RECEIVED;
  record.old_state = 1;
  record.tuple = tuple_v4();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& closed = std::get<TcpClosed>(event);
  EXPECT_EQ(closed.socket, 9U);
  EXPECT_EQ(closed.attempt_ns, 1U);
  EXPECT_EQ(closed.established_ns, 2U);
  EXPECT_EQ(closed.bytes_sent, 3U);
  EXPECT_EQ(closed.bytes_acked, 4U);
  EXPECT_EQ(closed.bytes_received, 5U);
  EXPECT_EQ(closed.netns, 6U);
  EXPECT_EQ(closed.retransmits, 7U);
  EXPECT_EQ(closed.syn_retransmits, 8U);
  EXPECT_EQ(closed.srtt_us, 10U);
  EXPECT_EQ(closed.error, 104);
  EXPECT_EQ(closed.error_soft, 113);
  EXPECT_TRUE(closed.rst_received);
  EXPECT_FALSE(closed.existed_at_start);
  EXPECT_EQ(closed.old_state, 1U);
  expect_tuple_v4(closed.tuple);
}

TEST(Record, TcpClosedThatExistedAtStart) {
  auto record = make<egw_tcp_closed>(EGW_TCP_CLOSED);
  record.flags = EGW_CLOSED_EXISTED_AT_START;
  record.tuple = tuple_v4();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  EXPECT_TRUE(std::get<TcpClosed>(event).existed_at_start);
  EXPECT_FALSE(std::get<TcpClosed>(event).rst_received);
}

TEST(Record, ConnectFailedWithoutLocalAddress) {
  auto record = make<egw_connect_failed>(EGW_CONNECT_FAILED);
  record.socket = 9;
  record.attempt_ns = 11;
  record.netns = 12;
  record.route_error = -13;
  record.verdict_error = -1;
  record.tuple = tuple_v4();
  std::memset(record.tuple.local, 0, sizeof record.tuple.local);
  record.process = process();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& failed = std::get<ConnectFailed>(event);
  EXPECT_EQ(failed.attempt_ns, 11U);
  EXPECT_EQ(failed.netns, 12U);
  EXPECT_EQ(failed.route_error, -13);
  EXPECT_EQ(failed.verdict_error, -1);
  EXPECT_TRUE(failed.tuple.local.address.is_unspecified());
  expect_process(failed.process);
}

TEST(Record, TcpExistingOverIpv6) {
  auto record = make<egw_tcp_existing>(EGW_TCP_EXISTING);
  record.socket = 9;
  record.inode = 21;
  record.netns = 22;
  record.uid = 23;
  record.state = 10;
  record.tuple.family = kAfInet6;
  record.tuple.local[15] = 1;
  record.tuple.local_port = 8080;
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& existing = std::get<TcpExisting>(event);
  EXPECT_EQ(existing.inode, 21U);
  EXPECT_EQ(existing.netns, 22U);
  EXPECT_EQ(existing.uid, 23U);
  EXPECT_EQ(existing.state, 10U);
  EXPECT_EQ(existing.tuple.local.to_string(), "[::1]:8080");
}

TEST(Record, UdpFlow) {
  auto record = make<egw_udp_flow>(EGW_UDP_FLOW);
  record.socket = 9;
  record.packets = 31;
  record.bytes = 32;
  record.netns = 33;
  record.first = 1;
  record.tuple = tuple_v4();
  record.process = process();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& flow = std::get<UdpFlow>(event);
  EXPECT_EQ(flow.packets, 31U);
  EXPECT_EQ(flow.bytes, 32U);
  EXPECT_EQ(flow.netns, 33U);
  EXPECT_TRUE(flow.first);
  expect_tuple_v4(flow.tuple);
  expect_process(flow.process);
}

TEST(Record, Counters) {
  auto record = make<egw_counters>(EGW_COUNTERS);
  record.produced[EGW_DNS] = 41;
  record.lost[EGW_LOST_RING_FULL] = 42;
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  EXPECT_EQ(std::get<KernelCounters>(event).produced[EGW_DNS], 41U);
  EXPECT_EQ(std::get<KernelCounters>(event).lost[EGW_LOST_RING_FULL], 42U);
}

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

TEST(Record, ShorterThanTheHeader) {
  Event event;
  const std::vector<std::byte> bytes(sizeof(egw_header) - 1);
  EXPECT_EQ(decode_record(bytes, event), RecordError::short_header);
  EXPECT_EQ(decode_record({}, event), RecordError::short_header);
}

TEST(Record, SizeThatIsNotTheRecords) {
  auto record = make<egw_tcp_first_byte>(EGW_TCP_FIRST_BYTE);
  record.header.size += 1;
  EXPECT_EQ(error_of(record), RecordError::bad_size);
}

TEST(Record, SizeOfAnotherType) {
  auto record = make<egw_tcp_attempt>(EGW_TCP_CLOSED);
  record.tuple = tuple_v4();
  EXPECT_EQ(error_of(record), RecordError::bad_length);
}

TEST(Record, UnknownTypes) {
  EXPECT_EQ(error_of(make<egw_tcp_first_byte>(0)), RecordError::unknown_type);
  EXPECT_EQ(error_of(make<egw_tcp_first_byte>(EGW_RECORD_TYPE_END)), RecordError::unknown_type);
}

TEST(Record, UnknownFamily) {
  auto record = make<egw_tcp_attempt>(EGW_TCP_ATTEMPT);
  record.tuple = tuple_v4();
  record.tuple.family = 1;
  EXPECT_EQ(error_of(record), RecordError::bad_address);
}

TEST(Record, Ipv4SocketWithAnIpv6Address) {
  auto record = make<egw_tcp_attempt>(EGW_TCP_ATTEMPT);
  record.tuple = tuple_v4();
  record.tuple.remote[0] = 0x20;
  EXPECT_EQ(error_of(record), RecordError::bad_address);
}

TEST(Record, Ipv6SocketToAMappedAddress) {
  auto record = make<egw_tcp_attempt>(EGW_TCP_ATTEMPT);
  record.tuple = tuple_v4();
  record.tuple.family = kAfInet6;
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  EXPECT_EQ(std::get<TcpAttempt>(event).tuple.family, kAfInet6);
  EXPECT_TRUE(std::get<TcpAttempt>(event).tuple.remote.address.is_v4());
}

TEST(Record, ErrorsThatNoKernelReports) {
  auto closed = make<egw_tcp_closed>(EGW_TCP_CLOSED);
  closed.tuple = tuple_v4();
  closed.error = 4096;
  EXPECT_EQ(error_of(closed), RecordError::bad_field);
  auto failed = make<egw_connect_failed>(EGW_CONNECT_FAILED);
  failed.tuple = tuple_v4();
  failed.route_error = 1;
  EXPECT_EQ(error_of(failed), RecordError::bad_field);
}

TEST(Record, StateThatTcpDoesNotHave) {
  auto record = make<egw_tcp_existing>(EGW_TCP_EXISTING);
  record.tuple = tuple_v4();
  record.state = 16;
  EXPECT_EQ(error_of(record), RecordError::bad_field);
}

TEST(Record, ErrorLeavesTheEventAsItWas) {
  Event event = TcpFirstByte{1, 2, 3};
  auto record = make<egw_tcp_attempt>(EGW_TCP_ATTEMPT);
  EXPECT_EQ(decode(record, event), RecordError::bad_address);
  EXPECT_EQ(std::get<TcpFirstByte>(event).socket, 2U);
}

TEST(Record, EveryErrorHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRecordErrorCount; ++i) names.insert(to_string(static_cast<RecordError>(i)));
  EXPECT_EQ(names.size(), kRecordErrorCount);
}

}  // namespace
}  // namespace egresswatch::decode
