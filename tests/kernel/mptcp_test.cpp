// SPDX-License-Identifier: Apache-2.0
#include "kernel/round_trip.h"

namespace egresswatch::testing {
namespace {

// Multipath TCP connects through a TCP socket that belongs to the kernel: that one is told, the outer one is not.
TEST_F(RoundTripTest, OfMultipathTcpTheSubflowIsTold) {
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
  if (!client) GTEST_SKIP() << "this kernel has no MPTCP";
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), 0);
  UniqueFd server = accept_from(listener);
  known.local = local_endpoint(client);
  const SocketId outer = cookie(client);
  send_all(client, kRequest);
  receive_all(server, kRequest);
  server.reset();
  expect_end_of_stream(client);
  client.reset();
  wait_until([&] { return !journal_.sockets_of<TcpClosed>().empty(); });
  known.end_ns = monotonic_ns();
  stop();

  const auto attempts = journal_.sockets_of<TcpAttempt>();
  ASSERT_EQ(attempts.size(), 1U);
  known.socket = attempts.front();
  EXPECT_NE(known.socket, outer);
  const auto [attempt, established, closed] = journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  expect_tuple(closed.tuple, known);
  EXPECT_EQ(closed.error, 0);
}

TEST_F(RoundTripTest, OfMultipathTcpThatFindsNoRouteTheSubflowIsTold) {
  const NetworkNamespace away;
  journal_.own_namespace(away.inode());
  UniqueFd client;
  {
    const NetworkNamespace::Inside inside(away);
    client.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
  }
  if (!client) GTEST_SKIP() << "this kernel has no MPTCP";
  start();
  const Endpoint remote = endpoint("192.0.2.1", 443);
  ASSERT_EQ(connect_to(client, remote, AF_INET), ENETUNREACH);
  client.reset();
  wait_until([&] { return !journal_.sockets_of<ConnectFailed>().empty(); });
  stop();

  const auto [failed] = journal_.take<ConnectFailed>(journal_.sockets_of<ConnectFailed>().front());
  EXPECT_EQ(failed.route_error, -EAGAIN);
  EXPECT_EQ(failed.netns, away.inode());
  EXPECT_EQ(failed.tuple.remote.to_string(), remote.to_string());
  expect_own_process(failed.process);
}

}  // namespace
}  // namespace egresswatch::testing
