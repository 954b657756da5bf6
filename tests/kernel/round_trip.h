// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel/expectations.h"
#include "kernel/kernel_test.h"

namespace egresswatch::testing {

// The ordinary life of a connection: the client sends kRequest bytes, gets kAnswer back and closes first.
class RoundTripTest : public KernelTest {
 protected:
  static constexpr std::size_t kRequest = 1000;
  static constexpr std::size_t kAnswer = 2000;

  // Call it before connect().
  static Known begin(int family, const Endpoint& remote) {
    Known known;
    known.netns = namespace_inode(current_network_namespace());
    known.family = static_cast<std::uint16_t>(family);
    known.remote = remote;
    known.begin_ns = monotonic_ns();
    return known;
  }

  // Where nobody listens.
  Known begin_refused() { return begin(AF_INET, local_endpoint(listen_here("127.0.0.1"))); }

  struct Pair {
    UniqueFd client;
    UniqueFd server;
  };
  // Over IPv4, as begin() has it.
  static Pair connect_pair(Known& known, const UniqueFd& listener) {
    Pair pair;
    pair.client = make_socket(AF_INET, SOCK_STREAM);
    require(connect_to(pair.client, known.remote, AF_INET) == 0, "connect");
    pair.server = accept_from(listener);
    known.socket = cookie(pair.client);
    known.local = local_endpoint(pair.client);
    return pair;
  }

  // The rest of the life of `client`, for which connect() was called and which `listener` will accept.
  void converse(Known& known, UniqueFd client, const UniqueFd& listener) {
    UniqueFd server = accept_from(listener);
    known.socket = cookie(client);
    known.local = local_endpoint(client);
    send_ns_ = monotonic_ns();
    send_all(client, kRequest);
    answer(known, std::move(client), std::move(server));
  }

  // As converse(), where the request is sent already.
  void answer(Known& known, UniqueFd client, UniqueFd server) {
    receive_all(server, kRequest);
    answer_ns_ = monotonic_ns();
    send_all(server, kAnswer);
    receive_all(client, kAnswer);
    require(::shutdown(client.get(), SHUT_WR) == 0, "shutdown");
    expect_end_of_stream(server);
    server.reset();
    expect_end_of_stream(client);
    client.reset();
    known.end_ns = monotonic_ns();
  }

  // All events of this connection and no others.
  void expect_round_trip(const Known& known) {
    wait_for<TcpClosed>(known.socket);
    stop();
    const auto [attempt, established, first_byte, closed] =
        journal_.take<TcpAttempt, TcpEstablished, TcpFirstByte, TcpClosed>(known.socket);
    expect_attempt(attempt, known);
    expect_established(established, known, attempt);
    expect_first_byte(first_byte, known);
    // acknowledged: SYN and FIN too; received: FIN too
    expect_closed(closed, known, attempt, &established, {kRequest, kRequest + 2, kAnswer + 1},
                  {.old_state = kFinWait2});
  }

  void expect_first_byte(const TcpFirstByte& event, const Known& known) const {
    EXPECT_EQ(event.socket, known.socket);
    EXPECT_GT(event.sent_ns, send_ns_);
    EXPECT_LT(event.sent_ns, answer_ns_);
    EXPECT_GT(event.time_ns, answer_ns_);
    EXPECT_LT(event.time_ns, known.end_ns);
  }

  std::uint64_t send_ns_ = 0;
  std::uint64_t answer_ns_ = 0;
};

}  // namespace egresswatch::testing
