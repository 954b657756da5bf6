// SPDX-License-Identifier: Apache-2.0
#include "kernel/raw_records.h"

// Connections whose peer does not answer any more.
namespace egresswatch::testing {
namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kTick = 10 * kMillisecond;  // of the slowest kernel, HZ=100

using StallTest = RawRecordsTest;

// Silent for 400 ms, then a segment that never arrives: the silence is what it was at the first timeout.
TEST_F(StallTest, SwallowedAfterAPause) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  send_all(c.client, "x", 1);
  receive_all(c.server, 1);
  send_all(c.server, "y", 1);
  receive_all(c.client, 1);
  const std::uint64_t heard_ns = monotonic_ns();
  pause(400);
  deafen(c.server);
  set_option(c.client, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000U);
  send_all(c.client, "hello", 5);
  wait_for(c.socket, EGW_TCP_CLOSED);
  stop();

  EXPECT_EQ(types(c.socket), (std::vector<std::uint32_t>{EGW_TCP_ATTEMPT, EGW_TCP_ESTABLISHED, EGW_TCP_FIRST_BYTE,
                                                         EGW_TCP_RETRANSMIT, EGW_TCP_CLOSED}));
  const auto again = only<egw_tcp_retransmit>(c.socket, EGW_TCP_RETRANSMIT);
  EXPECT_EQ(again.state, kEstablished);
  EXPECT_GE(again.count, 1U);
  EXPECT_GT(again.idle_ns + 2 * kTick, again.header.time_ns - heard_ns);
  EXPECT_LT(again.idle_ns, again.header.time_ns - heard_ns + 5 * kTick);
  EXPECT_GT(again.idle_ns, 400 * kMillisecond);

  const auto last = closed(c.socket);
  EXPECT_EQ(last.error, static_cast<std::uint32_t>(ETIMEDOUT));
  EXPECT_EQ(last.idle_ns, again.idle_ns);
  EXPECT_EQ(last.unacked_bytes, 5U);
  EXPECT_GE(last.stalled_retransmits, 1U);
  EXPECT_EQ(last.dropped_out, 0U);
  EXPECT_EQ(last.dropped_in, 0U);
}

TEST_F(StallTest, EndsWhenThePeerIsHeardAgain) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  deafen(c.server);
  send_all(c.client, "hello", 5);
  wait_for(c.socket, EGW_TCP_RETRANSMIT);
  hear_again(c.server);
  receive_all(c.server, 5);
  send_all(c.server, "y", 1);
  receive_all(c.client, 1);
  c.client.reset();
  c.server.reset();
  wait_for(c.socket, EGW_TCP_CLOSED);
  stop();
  EXPECT_EQ(all<egw_tcp_retransmit>(c.socket, EGW_TCP_RETRANSMIT).size(), 1U);
  EXPECT_TRUE(all<egw_tcp_closed>(c.socket, EGW_TCP_CLOSING).empty());
  const auto last = closed(c.socket);
  EXPECT_EQ(last.idle_ns, 0U);
  EXPECT_EQ(last.stalled_retransmits, 0U);
  EXPECT_GE(last.retransmits, 1U);
}

TEST_F(StallTest, ResetAfterAPause) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  send_all(c.server, "y", 1);
  receive_all(c.client, 1);
  const std::uint64_t heard_ns = monotonic_ns();
  pause(300);
  reset_on_close(c.server);
  const std::uint64_t before_ns = monotonic_ns();
  c.server.reset();
  wait_for(c.socket, EGW_TCP_CLOSED);
  stop();
  const auto last = closed(c.socket);
  EXPECT_EQ(last.flags, EGW_CLOSED_RST_RECEIVED);
  EXPECT_EQ(last.error, static_cast<std::uint32_t>(ECONNRESET));
  EXPECT_GT(last.idle_ns + 2 * kTick, before_ns - heard_ns);
  EXPECT_LT(last.idle_ns, last.header.time_ns - heard_ns + 5 * kTick);
}

// The reset ends a stall: how long the peer was silent is what it was at the first timeout.
TEST_F(StallTest, ResetInAStall) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  deafen(c.server);
  send_all(c.client, "hello", 5);
  wait_for(c.socket, EGW_TCP_RETRANSMIT);
  pause(100);
  reset_on_close(c.server);
  c.server.reset();
  wait_for(c.socket, EGW_TCP_CLOSED);
  stop();
  const auto last = closed(c.socket);
  EXPECT_EQ(last.flags, EGW_CLOSED_RST_RECEIVED);
  EXPECT_EQ(last.idle_ns, only<egw_tcp_retransmit>(c.socket, EGW_TCP_RETRANSMIT).idle_ns);
  EXPECT_EQ(last.unacked_bytes, 5U);
  EXPECT_GE(last.stalled_retransmits, 1U);
}

TEST_F(StallTest, ClosedWhileWaitingForTheFirstByte) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  send_all(c.client, "hello", 5);
  receive_all(c.server, 5);
  c.client.reset();
  // at once; the other follows when the FIN is acknowledged, which the server delays by 40 ms or does on closing
  wait_for(c.socket, EGW_TCP_CLOSING);
  c.server.reset();
  wait_for(c.socket, EGW_TCP_CLOSED);
  stop();
  EXPECT_EQ(types(c.socket),
            (std::vector<std::uint32_t>{EGW_TCP_ATTEMPT, EGW_TCP_ESTABLISHED, EGW_TCP_CLOSING, EGW_TCP_CLOSED}));
  const auto closing = only<egw_tcp_closed>(c.socket, EGW_TCP_CLOSING);
  EXPECT_EQ(closing.header.size, sizeof closing);
  EXPECT_EQ(closing.old_state, kEstablished);
  EXPECT_EQ(closing.bytes_sent, 5U);
  EXPECT_EQ(closing.bytes_received, 0U);
  EXPECT_GT(closing.first_sent_ns, 0U);
  EXPECT_EQ(closing.first_received_ns, 0U);
  EXPECT_EQ(closing.unacked_bytes, 0U);
  EXPECT_EQ(closing.idle_ns, 0U);
  EXPECT_EQ(closing.first_sent_ns, closed(c.socket).first_sent_ns);
}

TEST_F(StallTest, ClosedWhileRepeating) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  send_all(c.server, "y", 1);
  receive_all(c.client, 1);
  deafen(c.server);
  send_all(c.client, "hello", 5);
  wait_for(c.socket, EGW_TCP_RETRANSMIT);
  c.client.reset();
  wait_for(c.socket, EGW_TCP_CLOSING);
  stop();
  const auto closing = only<egw_tcp_closed>(c.socket, EGW_TCP_CLOSING);
  EXPECT_EQ(closing.unacked_bytes, 5U);
  EXPECT_GE(closing.stalled_retransmits, 1U);
  EXPECT_EQ(closing.idle_ns, only<egw_tcp_retransmit>(c.socket, EGW_TCP_RETRANSMIT).idle_ns);
}

// A half-closed client waits for its answer: no end.
TEST_F(StallTest, ShutdownIsNoClose) {
  const UniqueFd listener = listen_away();
  start();
  Connection c = connect_away(listener);
  send_all(c.client, "hello", 5);
  require(::shutdown(c.client.get(), SHUT_WR) == 0, "shutdown");
  receive_all(c.server, 5);
  c.server.reset();
  expect_end_of_stream(c.client);
  c.client.reset();
  wait_for(c.socket, EGW_TCP_CLOSED);
  stop();
  EXPECT_TRUE((all<egw_tcp_closed>(c.socket, EGW_TCP_CLOSING).empty()));
}

}  // namespace
}  // namespace egresswatch::testing
