// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>

#include "kernel/round_trip.h"

namespace egresswatch::testing {
namespace {

class InboundTest : public KernelTest, public ::testing::WithParamInterface<const char*> {};

// The client is another process. What it does is seen; the same connection from the side that accepted it is not.
TEST_P(InboundTest, AcceptedSocketYieldsNothing) {
  const UniqueFd listener = listen_here(GetParam());
  const Endpoint here = local_endpoint(listener);
  start();

  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const UniqueFd client = make_socket(family_of(here), SOCK_STREAM);
    if (connect_to(client, here, family_of(here)) != 0) ::_exit(1);
    send_all(client, 1000);
    receive_all(client, 2000);
    ::_exit(0);
  }
  UniqueFd server = accept_from(listener);
  receive_all(server, 1000);
  send_all(server, 2000);
  expect_end_of_stream(server);
  const SocketId accepted = cookie(server);
  server.reset();
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  stop();

  const auto clients = journal_.sockets_of<TcpAttempt>();
  ASSERT_EQ(clients.size(), 1U);
  EXPECT_NE(clients.front(), accepted);
  const auto [attempt, established, first_byte, closed] =
      journal_.take<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed>(clients.front());
  EXPECT_EQ(attempt.process.pid, static_cast<std::uint32_t>(child));
  EXPECT_EQ(attempt.tuple.remote, here);
  // TearDown() sees that nothing is left
}

// Nor does it yield anything when it fails.
TEST_P(InboundTest, ResetAcceptedSocketYieldsNothing) {
  const UniqueFd listener = listen_here(GetParam());
  const Endpoint here = local_endpoint(listener);
  start();
  UniqueFd client = make_socket(family_of(here), SOCK_STREAM);
  ASSERT_EQ(connect_to(client, here, family_of(here)), 0);
  const SocketId socket = cookie(client);
  const UniqueFd server = accept_from(listener);
  reset_on_close(client);
  client.reset();
  char byte;
  ASSERT_EQ(::recv(server.get(), &byte, 1, 0), -1);
  ASSERT_EQ(errno, ECONNRESET);
  stop();

  (void)journal_.take<TcpAttempt, TcpEstablished, TcpClosed>(socket);
}

INSTANTIATE_TEST_SUITE_P(Inbound, InboundTest, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& one) { return one.index == 0 ? "ipv4" : "ipv6"; });

}  // namespace
}  // namespace egresswatch::testing
