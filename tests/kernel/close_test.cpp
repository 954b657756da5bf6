// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include "kernel/round_trip.h"

// How connections end: what tells one failure from another is asserted field by field.
namespace egresswatch::testing {
namespace {

using CloseTest = RoundTripTest;

TEST_F(CloseTest, Refused) {
  Known known = begin_refused();
  start();
  const UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), ECONNREFUSED);
  known.socket = cookie(client);
  known.local.address = known.remote.address;
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, closed] = journal_.take<TcpAttempt, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  // the port is free again, but known
  EXPECT_NE(closed.tuple.local.port, 0U);
  known.local.port = closed.tuple.local.port;
  expect_closed(closed, known, attempt, nullptr, {},
                {.old_state = kSynSent, .error = ECONNREFUSED, .rst_received = true});
}

TEST_F(CloseTest, RefusedThenAcceptedOnTheSameSocket) {
  Known refused = begin_refused();
  start();
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, refused.remote, AF_INET), ECONNREFUSED);
  refused.socket = cookie(client);
  refused.local.address = refused.remote.address;
  refused.end_ns = monotonic_ns();

  const UniqueFd listener = listen_here("127.0.0.1");
  Known known = begin(AF_INET, local_endpoint(listener));
  known.socket = refused.socket;
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  UniqueFd server = accept_from(listener);
  known.local = local_endpoint(client);
  server.reset();
  expect_end_of_stream(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, closed, again, established, closed_again] =
      journal_.take<TcpAttempt, TcpClosed, TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, refused);
  refused.local.port = closed.tuple.local.port;
  expect_closed(closed, refused, attempt, nullptr, {},
                {.old_state = kSynSent, .error = ECONNREFUSED, .rst_received = true});
  expect_attempt(again, known);
  expect_established(established, known, again);
  // nothing of the first try is left in the second
  expect_closed(closed_again, known, again, &established, {0, 2, 1}, {.old_state = kLastAck});
}

TEST_F(CloseTest, ResetInMidStream) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  send_all(client, kRequest);
  receive_all(server, kRequest);
  reset_on_close(server);
  server.reset();
  char byte;
  ASSERT_EQ(::recv(client.get(), &byte, 1, 0), -1);
  ASSERT_EQ(errno, ECONNRESET);
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, closed] = journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  expect_closed(closed, known, attempt, &established, {kRequest, kRequest + 1, 0},
                {.old_state = kEstablished, .error = ECONNRESET, .rst_received = true});
}

// The server closed with our bytes unread, which sends a reset; ours was half closed by then.
TEST_F(CloseTest, ResetAfterThePeerClosed) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  server.reset();
  expect_end_of_stream(client);
  send_all(client, kRequest);
  pollfd failed{client.get(), 0, 0};
  ASSERT_EQ(::poll(&failed, 1, 5000), 1);
  ASSERT_TRUE(failed.revents & POLLERR);
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, closed] = journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  expect_closed(closed, known, attempt, &established, {kRequest, 1, 1},
                {.old_state = kCloseWait, .error = EPIPE, .rst_received = true});
}

// Our own reset is none that was received.
TEST_F(CloseTest, ResetByTheClient) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  reset_on_close(client);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, closed] = journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  expect_closed(closed, known, attempt, &established, {0, 1, 0}, {.old_state = kEstablished});
}

TEST_F(CloseTest, PeerClosesFirst) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  send_all(client, kRequest);
  receive_all(server, kRequest);
  const std::uint64_t sending_ns = monotonic_ns();
  send_all(server, kAnswer);
  server.reset();
  receive_all(client, kAnswer);
  expect_end_of_stream(client);
  client.reset();
  wait_for<TcpClosed>(known.socket);
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, first_byte, closed] =
      journal_.take<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  EXPECT_GT(first_byte.sent_ns, established.time_ns);
  EXPECT_LT(first_byte.sent_ns, sending_ns);
  EXPECT_GT(first_byte.time_ns, sending_ns);
  EXPECT_LT(first_byte.time_ns, known.end_ns);
  expect_closed(closed, known, attempt, &established, {kRequest, kRequest + 2, kAnswer + 1}, {.old_state = kLastAck});
}

TEST_F(CloseTest, ServerSpeaksFirst) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  const std::uint64_t sending_ns = monotonic_ns();
  send_all(server, kAnswer);
  receive_all(client, kAnswer);
  // neither the second payload of the server nor the first of the client is news
  send_all(client, kRequest);
  receive_all(server, kRequest);
  send_all(server, kAnswer);
  receive_all(client, kAnswer);
  server.reset();
  expect_end_of_stream(client);
  client.reset();
  wait_for<TcpClosed>(known.socket);
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, first_byte, closed] =
      journal_.take<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  EXPECT_EQ(first_byte.sent_ns, 0U);
  EXPECT_GT(first_byte.time_ns, sending_ns);
  EXPECT_LT(first_byte.time_ns, known.end_ns);
  expect_closed(closed, known, attempt, &established, {kRequest, kRequest + 2, 2 * kAnswer + 1},
                {.old_state = kLastAck});
}

// connect(AF_UNSPEC) ends a connection and leaves the socket.
TEST_F(CloseTest, Dissolved) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
  ASSERT_EQ(::connect(client.get(), &nobody, sizeof nobody), 0);
  client.reset();
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, closed] = journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  expect_closed(closed, known, attempt, &established, {0, 1, 0}, {.old_state = kEstablished});
}

}  // namespace
}  // namespace egresswatch::testing
