// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <string>

#include "unit/decode/record_fixture.h"

namespace egresswatch::decode {
namespace {

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

TEST(Record, TcpFirstByteWithItsBeginning) {
  auto record = make<egw_tcp_first_byte>(EGW_TCP_FIRST_BYTE);
  record.length = 100;
  record.head_length = 4;
  std::memcpy(record.head, "HTTP", 4);
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& first = std::get<TcpFirstByte>(event);
  EXPECT_EQ(first.length, 100U);
  ASSERT_EQ(first.received().size(), 4U);
  EXPECT_EQ(std::memcmp(first.received().data(), "HTTP", 4), 0);
  record.head_length = EGW_FIRST_BYTE_HEAD + 1;
  EXPECT_EQ(error_of(record), RecordError::bad_payload);
  record.head_length = 4;
  record.length = 3;
  EXPECT_EQ(error_of(record), RecordError::bad_payload);
}

TEST(Record, TcpRetransmit) {
  auto record = make<egw_tcp_retransmit>(EGW_TCP_RETRANSMIT);
  record.socket = 9;
  record.idle_ns = 10;
  record.count = 11;
  record.state = 2;
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& again = std::get<TcpRetransmit>(event);
  EXPECT_EQ(again.time_ns, 123U);
  EXPECT_EQ(again.socket, 9U);
  EXPECT_EQ(again.idle_ns, 10U);
  EXPECT_EQ(again.count, 11U);
  EXPECT_EQ(again.state, 2U);
  record.state = 16;
  EXPECT_EQ(error_of(record), RecordError::bad_field);
}

TEST(Record, TcpClosingIsWhatIsKnownByThen) {
  auto record = make<egw_tcp_closed>(EGW_TCP_CLOSING);
  record.socket = 9;
  record.old_state = 1;
  record.bytes_sent = 517;
  record.tuple = tuple_v4();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& closing = std::get<TcpClosing>(event);
  EXPECT_EQ(closing.now.socket, 9U);
  EXPECT_EQ(closing.now.bytes_sent, 517U);
  record.tuple.family = 1;
  EXPECT_EQ(error_of(record), RecordError::bad_address);
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
  record.first_sent_ns = 11;
  record.first_received_ns = 12;
  record.idle_ns = 13;
  record.unacked_bytes = 14;
  record.stalled_retransmits = 15;
  record.dropped_out = 16;
  record.dropped_out_reason = 17;
  record.dropped_in = 18;
  record.dropped_in_reason = 19;
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
  EXPECT_EQ(closed.first_sent_ns, 11U);
  EXPECT_EQ(closed.first_received_ns, 12U);
  EXPECT_EQ(closed.idle_ns, 13U);
  EXPECT_EQ(closed.unacked_bytes, 14U);
  EXPECT_EQ(closed.stalled_retransmits, 15U);
  EXPECT_EQ(closed.dropped_out, 16U);
  EXPECT_EQ(closed.dropped_out_reason, 17U);
  EXPECT_EQ(closed.dropped_in, 18U);
  EXPECT_EQ(closed.dropped_in_reason, 19U);
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

TEST(Record, Flow) {
  auto record = make<egw_flow>(EGW_FLOW);
  record.socket = 9;
  record.packets = 31;
  record.bytes = 32;
  record.netns = 33;
  record.first = 1;
  record.raw = 1;
  record.protocol = 132;
  record.tuple = tuple_v4();
  record.process = process();
  Event event;
  ASSERT_EQ(decode(record, event), RecordError::none);
  const auto& flow = std::get<Flow>(event);
  EXPECT_EQ(flow.packets, 31U);
  EXPECT_EQ(flow.bytes, 32U);
  EXPECT_EQ(flow.netns, 33U);
  EXPECT_TRUE(flow.first);
  EXPECT_TRUE(flow.raw);
  EXPECT_EQ(flow.protocol, Protocol::sctp);
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
