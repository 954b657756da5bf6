// SPDX-License-Identifier: Apache-2.0
#include <bpf/bpf.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include "egresswatch/abi/maps.h"
#include "kernel/round_trip.h"

// Sockets that go while the programs still take them for open: the kernel did not run them for the change to CLOSE.
// That cannot be asked for, so the entry that they had deleted is put back.
namespace egresswatch::testing {
namespace {

class DestroyTest : public RoundTripTest {
 protected:
  // The map `sockets` of this process's programs. Not owned.
  static int sockets_fd() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      const int fd = std::stoi(entry.path().filename());
      bpf_map_info info{};
      __u32 size = sizeof info;
      if (::bpf_obj_get_info_by_fd(fd, &info, &size) == 0 && std::string_view(info.name) == "sockets") return fd;
    }
    throw std::runtime_error("no map of sockets");
  }
  static bool is_followed(SocketId socket) {
    egw_socket_state state{};
    return ::bpf_map_lookup_elem(sockets_fd(), &socket, &state) == 0;
  }
  static egw_socket_state state_of(SocketId socket) {
    egw_socket_state state{};
    require(::bpf_map_lookup_elem(sockets_fd(), &socket, &state) == 0, "a look into the map of sockets");
    return state;
  }
  static void follow_again(SocketId socket, const egw_socket_state& state) {
    require(::bpf_map_update_elem(sockets_fd(), &socket, &state, BPF_NOEXIST) == 0, "an entry of the map of sockets");
  }
};

TEST_F(DestroyTest, AnEstablishedOneWhoseEndWasNotShown) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  send_all(client, kRequest);
  receive_all(server, kRequest);
  const egw_socket_state before = state_of(known.socket);
  reset_on_close(server);
  server.reset();
  wait_for<TcpClosed>(known.socket);
  ASSERT_FALSE(is_followed(known.socket));

  follow_again(known.socket, before);
  client.reset();
  EXPECT_FALSE(is_followed(known.socket));
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, established, seen, unseen] =
      journal_.take<TcpAttempt, TcpEstablished, TcpClosed, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  expect_established(established, known, attempt);
  const Traffic traffic{kRequest, kRequest + 1, 0};
  expect_closed(seen, known, attempt, &established, traffic,
                {.old_state = kEstablished, .error = ECONNRESET, .rst_received = true});
  // that the reset came was in the entry that is gone
  expect_closed(unseen, known, attempt, &established, traffic, {.old_state = kClose, .error = ECONNRESET});
}

TEST_F(DestroyTest, ARefusedOneWhoseEndWasNotShown) {
  Known known = begin_refused();
  start();
  UniqueFd client = make_socket(AF_INET, SOCK_STREAM);
  ASSERT_EQ(connect_to(client, known.remote, AF_INET), ECONNREFUSED);
  known.socket = cookie(client);
  known.local.address = known.remote.address;
  wait_for<TcpClosed>(known.socket);
  egw_socket_state state{};
  state.attempt_ns = monotonic_ns();
  state.phase = EGW_PHASE_SYN_SENT;
  follow_again(known.socket, state);
  client.reset();
  EXPECT_FALSE(is_followed(known.socket));
  known.end_ns = monotonic_ns();
  stop();

  const auto [attempt, seen, unseen] = journal_.take<TcpAttempt, TcpClosed, TcpClosed>(known.socket);
  expect_attempt(attempt, known);
  known.local.port = seen.tuple.local.port;
  expect_closed(seen, known, attempt, nullptr, {},
                {.old_state = kSynSent, .error = ECONNREFUSED, .rst_received = true});
  EXPECT_EQ(unseen.old_state, kClose);
  EXPECT_EQ(unseen.attempt_ns, state.attempt_ns);
  EXPECT_EQ(unseen.established_ns, 0U);
  // connect() has told the application, and the kernel has forgotten it
  EXPECT_EQ(unseen.error, 0);
}

// Not even that it left CLOSE was shown: a segment had been sent, so this is no connect() that failed.
TEST_F(DestroyTest, OneWhoseAttemptWasNotShownEither) {
  const UniqueFd listener = listen_here("127.0.0.1");
  start();
  Known known = begin(AF_INET, local_endpoint(listener));
  auto [client, server] = connect_pair(known, listener);
  const egw_socket_state before = state_of(known.socket);
  reset_on_close(server);
  server.reset();
  wait_for<TcpClosed>(known.socket);
  egw_socket_state connecting = before;
  connecting.phase = EGW_PHASE_CONNECTING;
  connecting.established_ns = 0;
  follow_again(known.socket, connecting);
  client.reset();
  EXPECT_FALSE(is_followed(known.socket));
  stop();

  const auto [attempt, established, seen, unseen] =
      journal_.take<TcpAttempt, TcpEstablished, TcpClosed, TcpClosed>(known.socket);
  EXPECT_EQ(seen.old_state, kEstablished);
  EXPECT_EQ(unseen.old_state, kClose);
}

}  // namespace
}  // namespace egresswatch::testing
